import { useSignal } from '@preact/signals';
import type { DeviceCredential, DeviceState } from '@yaguts/shared';
import { useLocation } from 'preact-iso/router';
import { api } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { devices } from '../../store/kitchen.ts';
import { useAct } from '../../ui/act.ts';
import { ClaimCode } from '../../ui/claim-code.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Secret } from '../../ui/secret.tsx';
import { Fault } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';

/** Name, transição, credential, and the end of a device: the last by typing its name. */
export function Manage({ device }: { device: DeviceState }) {
  const { route } = useLocation();
  const nome = useSignal(device.nome);
  const typed = useSignal('');
  const credential = useSignal<DeviceCredential | undefined>(undefined);
  const act = useAct();
  const id = device.device;
  const patch = (body: Parameters<typeof api.patchDevice>[1]) =>
    void act.run(async () => {
      const tick = devices.tick();
      devices.fetched(id, await api.patchDevice(id, body), tick);
      toast(t('acao.salvo'));
    });
  return (
    <details class="card">
      <summary>{t('disp.gerir')}</summary>
      {act.problem.value && <Fault problem={act.problem.value} />}
      <div class="row">
        <div class="grow">
          <TextField
            label={t('disp.nome')}
            value={nome.value}
            onText={(text) => (nome.value = text)}
            input={{ maxLength: 64 }}
          />
        </div>
        <button
          type="button"
          class="btn"
          disabled={act.isBusy.value || !nome.value.trim() || nome.value === device.nome}
          onClick={() => patch({ nome: nome.value })}
        >
          {t('acao.salvar')}
        </button>
      </div>
      <SelectField
        label={t('disp.transicao')}
        hint={t('disp.transicao-dica')}
        value={device.transicao}
        options={[
          ['manual', t('fila.manual')],
          ['automatica', t('fila.automatica')],
        ]}
        onValue={(transicao) => patch({ transicao: transicao as DeviceState['transicao'] })}
      />
      <hr />
      {credential.value ? (
        <Secret credential={credential.value} onDone={() => (credential.value = undefined)} />
      ) : (
        <div class="row between">
          <p class="soft grow">{t('disp.credencial-texto')}</p>
          <button
            type="button"
            class="btn"
            disabled={act.isBusy.value}
            onClick={() =>
              confirm(t('disp.credencial-confirma')) &&
              void act.run(async () => void (credential.value = await api.newCredential(id)))
            }
          >
            <Icon name="key" />
            {t('disp.credencial-nova')}
          </button>
        </div>
      )}
      <details>
        <summary>{t('reclamo.titulo')}</summary>
        <ClaimCode device={id} />
      </details>
      <hr />
      <div class="row">
        <div class="grow">
          <TextField
            label={t('disp.excluir-digite', { nome: id })}
            value={typed.value}
            onText={(text) => (typed.value = text)}
            input={{ autoComplete: 'off', autoCapitalize: 'none' }}
          />
        </div>
        <button
          type="button"
          class="btn danger"
          disabled={typed.value !== id || act.isBusy.value}
          onClick={() =>
            void act.run(async () => {
              await api.deleteDevice(id);
              devices.fetched(id, undefined, devices.tick());
              route('/dispensadores', true);
            })
          }
        >
          <Icon name="trash" />
          {t('acao.excluir')}
        </button>
      </div>
    </details>
  );
}
