import { useSignal } from '@preact/signals';
import type { DeviceCredential } from '@yaguts/shared';
import { useMemo } from 'preact/hooks';
import { newKey } from '../../api/http.ts';
import { api } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { devices } from '../../store/kitchen.ts';
import { useAct } from '../../ui/act.ts';
import { ClaimCode } from '../../ui/claim-code.tsx';
import { DeviceLight } from '../../ui/device-light.tsx';
import { DecimalField, TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Page } from '../../ui/page.tsx';
import { Secret } from '../../ui/secret.tsx';
import { Fault } from '../../ui/states.tsx';
import { idFrom } from '../primeiro-uso/id-from.ts';

/** A new dispensador: name → credential, once, or a code that the board trades for one → its first word. */
export default function NovoDispensador() {
  const nome = useSignal('');
  const frascos = useSignal<number | null>(8);
  const credential = useSignal<DeviceCredential | undefined>(undefined);
  const waitingFor = useSignal<string | undefined>(undefined);
  const act = useAct();
  const key = useMemo(newKey, []);
  const id = idFrom(nome.value);
  const step = waitingFor.value ? 3 : credential.value ? 2 : 1;
  const device = waitingFor.value ? devices.get(waitingFor.value).value?.body : undefined;
  const count = frascos.value ?? 0;
  const goOn = (): void => {
    waitingFor.value = credential.value?.device;
    credential.value = undefined;
  };
  const steps = [t('novo.passo-nome'), t('novo.passo-credencial'), t('novo.passo-contato')];
  return (
    <Page title={t('disp.novo')}>
      <ol class="steps">
        {steps.map((text, i) => (
          <li key={text} aria-current={step === i + 1 ? 'step' : undefined}>
            {i + 1} {text}
          </li>
        ))}
      </ol>
      <section class="card">
        {step === 1 && (
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void act.run(async () => {
                credential.value = await api.addDevice({ id, nome: nome.value.trim(), frascos: count }, key);
              });
            }}
          >
            <TextField
              label={t('disp.nome')}
              hint={id ? t('novo.id', { id }) : t('novo.nome-dica')}
              value={nome.value}
              onText={(text) => (nome.value = text)}
              input={{ required: true, maxLength: 64, autofocus: true }}
            />
            <DecimalField
              label={t('novo.frascos')}
              value={frascos.value}
              onNumber={(value) => (frascos.value = value)}
              input={{ class: 'input short' }}
            />
            {act.problem.value && <Fault problem={act.problem.value} />}
            <button
              type="submit"
              class="btn primary big"
              disabled={!id || act.isBusy.value || !(Number.isInteger(count) && count >= 1 && count <= 24)}
            >
              {t('novo.criar')}
            </button>
          </form>
        )}
        {step === 2 && credential.value && (
          <>
            <Secret credential={credential.value} onDone={goOn} />
            <hr />
            <details>
              <summary>{t('reclamo.titulo')}</summary>
              <ClaimCode device={credential.value.device} onDone={goOn} />
            </details>
          </>
        )}
        {step === 3 && (
          <div class="stack" role="status">
            {device && device.presence !== 'never' ? (
              <p class="note ok">
                <Icon name="ok" />
                {t('novo.chegou')}
              </p>
            ) : (
              <p class="note">
                <Icon name="wait" />
                {t('novo.espera')}
              </p>
            )}
            {device && <DeviceLight device={device} />}
            <a class="btn primary" href={`/dispensadores/${waitingFor.value}`}>
              {t('novo.frascos-agora')}
            </a>
          </div>
        )}
      </section>
    </Page>
  );
}
