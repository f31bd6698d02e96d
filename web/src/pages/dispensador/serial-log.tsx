import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../../i18n/t.ts';
import { hear } from '../../live/hear.ts';
import { useWatch } from '../../live/use-watch.ts';
import { session } from '../../store/session.ts';

const kept = 2_000;
const drawn = 50;

/** The device's serial lines as they come; nothing is stored, so it begins when it is opened. */
export function SerialLog({ device }: { device: string }) {
  const isOpen = useSignal(false);
  const isAll = useSignal(false);
  const lines = useSignal<readonly string[]>([]);
  useWatch(`serial ${device} ${isOpen.value}`, () =>
    isOpen.value ? { filters: [`yaguts/v1/${session.value?.org}/devices/${device}/log/+`] } : undefined,
  );
  useEffect(
    () =>
      hear('deviceLog', (at, line) => {
        if (at.device !== device || !line) return;
        const stamp =
          line.uptime_ms === undefined ? '' : `${(line.uptime_ms / 1_000).toFixed(3).padStart(10)} `;
        lines.value = [
          ...lines.value.slice(1 - kept),
          `${stamp}${at.level.padEnd(5)} ${line.tag} ${line.text}`,
        ];
      }),
    [device],
  );
  const shown = isAll.value ? lines.value : lines.value.slice(-drawn);
  return (
    <details class="card" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>{t('disp.serial')}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <pre class="log" tabIndex={0} role="log" aria-label={t('disp.serial')}>
        {shown.join('\n') || t('disp.serial-espera')}
      </pre>
      {!isAll.value && lines.value.length > drawn && (
        <button type="button" class="btn" onClick={() => (isAll.value = true)}>
          {t('acao.mais-linhas')}
        </button>
      )}
    </details>
  );
}
