import { useRoute } from 'preact-iso/router';
import { api } from '../../api/routes.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { devices } from '../../store/kitchen.ts';
import { can, zone } from '../../store/session.ts';
import { loadTemperos } from '../../store/temperos.ts';
import { DeviceLight } from '../../ui/device-light.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Page } from '../../ui/page.tsx';
import { Shelf } from '../../ui/shelf.tsx';
import { Empty, Part } from '../../ui/states.tsx';
import { useEstoque } from '../../ui/use-job.ts';
import { Commands } from './commands.tsx';
import { Facts } from './facts.tsx';
import { FrascoTable } from './frasco-table.tsx';
import { Manage } from './manage.tsx';
import { SerialLog } from './serial-log.tsx';

export default function Dispensador() {
  const id = useRoute().params.id ?? '';
  const device = devices.get(id).value?.body;
  useEstoque();
  const watched = useWatch(`dispensador ${id}`, () => ({
    filters: [],
    fetch: async () => {
      const tick = devices.tick();
      devices.fetched(id, await api.device(id), tick);
      await loadTemperos();
    },
  }));
  return (
    <Page title={device?.nome ?? id}>
      <Part
        status={watched.status.value}
        has={device !== undefined}
        again={watched.again}
        isEmpty={device === undefined}
        empty={<Empty text={t('disp.nao-existe')} />}
      >
        {device && (
          <>
            <p class="row">
              <DeviceLight device={device} />
              <span class="soft num">
                {t('disp.visto')} {dateTime(device.visto_em, zone())}
              </span>
            </p>
            {device.alertas.map((alert) => (
              <p key={alert.code} class="note warn">
                <Icon name="warn" />
                <span class="grow">
                  {word('alerta', alert.code)} {alert.detalhe && <small>{alert.detalhe}</small>}
                </span>
                <small class="num">{dateTime(alert.desde, zone())}</small>
              </p>
            ))}
            {device.presence === 'never' && <p class="note">{t('disp.nunca-texto')}</p>}
            <section class="card">
              <Shelf device={device} />
            </section>
            <FrascoTable device={device} />
            <Facts device={device} />
            {can('devices:operate') && <Commands device={device} />}
            {can('topics:all') && <SerialLog device={id} />}
            {can('devices:manage') && <Manage device={device} />}
          </>
        )}
      </Part>
    </Page>
  );
}
