import { type Key, t } from '../i18n/t.ts';
import { type StopState, stopEverything, stopState } from '../store/stop.ts';
import { Icon } from './icon.tsx';

const words: Record<StopState, Key> = {
  idle: 'parar.parar',
  stopping: 'parar.parando',
  stopped: 'parar.parado',
  unconfirmed: 'parar.nao-confirmou',
};

/** One tap, no dialog, on every page, also without a connection: what was not poured can be repeated. */
export function StopButton() {
  const state = stopState.value;
  return (
    <button type="button" class="stop" onClick={() => void stopEverything()} aria-keyshortcuts="Shift+Escape">
      <Icon name="stop" />
      <span role="status" class={state === 'unconfirmed' ? 'stop-word' : ''}>
        {t(words[state])}
      </span>
    </button>
  );
}
