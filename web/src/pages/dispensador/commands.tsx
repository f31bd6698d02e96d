import { useSignal } from '@preact/signals';
import type { CommandIn, CommandRow, DeviceState } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { estoque } from '../../store/kitchen.ts';
import { zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { canOperate } from '../../ui/device-light.tsx';
import { SelectField } from '../../ui/field.tsx';
import { followCommand } from '../../ui/follow-command.ts';
import { Fault } from '../../ui/states.tsx';

/** Short motor runs and the like; each says what became of it, because a command may be refused or expire. */
export function Commands({ device }: { device: DeviceState }) {
  const frasco = useSignal('1');
  const sent = useSignal<CommandRow | undefined>(undefined);
  const list = useSignal<readonly CommandRow[] | undefined>(undefined);
  const act = useAct();
  const id = device.device;
  const isOff = !canOperate(device) || act.isBusy.value || device.job?.status === 'running';
  const send = (body: CommandIn) => () =>
    void act.run(async () => {
      sent.value = undefined;
      sent.value = await followCommand(id, body);
      if (list.value) list.value = await api.commands(id);
    });
  const at = Number(frasco.value);
  const frascos = estoque.all.value.filter((row) => row.device === id);
  return (
    <section class="card">
      <h2>{t('cmd.titulo')}</h2>
      {device.presence !== 'online' && <p class="soft">{t('cmd.fora')}</p>}
      {device.job?.status === 'running' && <p class="soft">{t('cmd.ocupado')}</p>}
      <div class="row">
        <button type="button" class="btn" disabled={isOff} onClick={send({ op: 'identify' })}>
          {t('cmd.identify')}
        </button>
        <button
          type="button"
          class="btn danger"
          disabled={isOff}
          onClick={() => confirm(t('cmd.reboot-confirma')) && send({ op: 'reboot' })()}
        >
          {t('cmd.reboot')}
        </button>
      </div>
      <div class="row">
        <SelectField
          label={t('cmd.frasco')}
          value={frasco.value}
          options={frascos.map((row) => [
            String(row.frasco),
            `${row.frasco} · ${row.tempero ?? t('jarra.vazia')}`,
          ])}
          onValue={(next) => (frasco.value = next)}
        />
        <button
          type="button"
          class="btn"
          disabled={isOff}
          onClick={send({ op: 'prime', frasco: at, ms: 1_000 })}
        >
          {t('cmd.prime')}
        </button>
        <button
          type="button"
          class="btn"
          disabled={isOff}
          onClick={send({ op: 'clean', frasco: at, on_ms: 500, off_ms: 500, cycles: 5 })}
        >
          {t('cmd.clean')}
        </button>
      </div>
      {act.problem.value && <Fault problem={act.problem.value} />}
      {sent.value && (
        <p class={`note ${sent.value.estado === 'aceito' ? 'ok' : 'warn'}`} role="status">
          {word('cmd', sent.value.op)}: {word('comando', sent.value.estado)}{' '}
          {sent.value.code && word('erro', sent.value.code)}
        </p>
      )}
      <details
        onToggle={(event) =>
          event.currentTarget.open && void act.run(async () => void (list.value = await api.commands(id)))
        }
      >
        <summary>{t('cmd.anteriores')}</summary>
        <ul class="items">
          {list.value?.map((row) => (
            <li key={row.id}>
              <span>{word('cmd', row.op)}</span>
              <small class="num">
                {dateTime(row.criado_em, zone())} · {row.por ?? '–'}
              </small>
              <span class={`chip ${row.estado === 'aceito' ? 'ok' : row.estado === 'recusado' ? 'bad' : ''}`}>
                {word('comando', row.estado)}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
