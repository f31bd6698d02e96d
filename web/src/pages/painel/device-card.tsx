import type { DeviceState } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { t, word } from '../../i18n/t.ts';
import { can } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { canOperate, DeviceLight } from '../../ui/device-light.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Shelf } from '../../ui/shelf.tsx';
import { Fault } from '../../ui/states.tsx';

export function DeviceCard({ device }: { device: DeviceState }) {
  const act = useAct();
  const isWaiting = device.fila > 0 && device.job === null && device.transicao === 'manual';
  return (
    <article class="card">
      <header>
        <h3>
          <a href={`/dispensadores/${device.device}`}>{device.nome}</a>
        </h3>
        {device.fila > 0 && (
          <a class="chip" href="/fila">
            {t('painel.na-fila', { n: device.fila })}
          </a>
        )}
        <DeviceLight device={device} />
      </header>
      {device.alertas.map((alert) => (
        <p key={alert.code} class="note warn">
          <Icon name="warn" />
          <span>{word('alerta', alert.code)}</span>
        </p>
      ))}
      <Shelf device={device} />
      {isWaiting && can('queue:manage') && (
        <button
          type="button"
          class="btn"
          disabled={act.isBusy.value || !canOperate(device)}
          onClick={() => void act.run(() => api.queueNext(device.device))}
        >
          <Icon name="play" />
          {t('fila.tigela-vazia')}
        </button>
      )}
      {act.problem.value && <Fault problem={act.problem.value} />}
    </article>
  );
}
