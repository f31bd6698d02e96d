import '../style/form.css';
import { useSignal } from '@preact/signals';
import type { DeviceCredential } from '@yaguts/shared';
import { t } from '../i18n/t.ts';
import { CopyButton } from './copy-button.tsx';
import { lazy } from './lazy.tsx';
import { useLeaveGuard } from './leave-guard.ts';

const Qr = lazy(() => import('./qr.tsx').then((module) => module.Qr));

/** A credential, shown once: in no cache, no log, no URL. "Copiei" must be said before it goes. */
export function Secret({ credential, onDone }: { credential: DeviceCredential; onDone: () => void }) {
  const isTaken = useSignal(false);
  useLeaveGuard(!isTaken.value);
  const { username, client_id, password } = credential;
  return (
    <section class="stack">
      <p class="note warn">{t('segredo.uma-vez')}</p>
      <div class="row">
        <Qr text={JSON.stringify({ u: username, c: client_id, p: password })} label={t('segredo.qr')} />
        <dl class="facts grow">
          {Object.entries({ username, client_id, password }).map(([name, value]) => (
            <div key={name}>
              <dt class="soft">{name}</dt>
              <dd class="mono">{value}</dd>
            </div>
          ))}
        </dl>
      </div>
      <div class="row">
        <CopyButton text={`username=${username}\nclient_id=${client_id}\npassword=${password}\n`} />
        <label class="check">
          <input
            type="checkbox"
            checked={isTaken.value}
            onChange={(event) => (isTaken.value = event.currentTarget.checked)}
          />
          {t('segredo.copiei')}
        </label>
        <button type="button" class="btn primary" disabled={!isTaken.value} onClick={onDone}>
          {t('segredo.seguir')}
        </button>
      </div>
    </section>
  );
}
