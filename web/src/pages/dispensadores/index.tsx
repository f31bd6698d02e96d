import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { loadDevices } from '../../store/devices.ts';
import { devices } from '../../store/kitchen.ts';
import { can } from '../../store/session.ts';
import { loadTemperos } from '../../store/temperos.ts';
import { DeviceLight } from '../../ui/device-light.tsx';
import { useGradually } from '../../ui/gradually.ts';
import { Icon } from '../../ui/icon.tsx';
import { Page } from '../../ui/page.tsx';
import { Shelf } from '../../ui/shelf.tsx';
import { Empty, Part } from '../../ui/states.tsx';
import { isEstoqueKnown, useEstoque } from '../../ui/use-job.ts';

export default function Dispensadores() {
  const stock = useEstoque();
  const watched = useWatch('dispensadores', () => ({
    filters: [],
    fetch: async () => {
      await Promise.all([loadDevices(), loadTemperos()]);
    },
  }));
  const all = devices.all.value;
  const isKnown = isEstoqueKnown(stock);
  const drawn = useGradually(all.length, 1);
  const add = can('devices:manage') && (
    <a class="btn primary" href="/dispensadores/novo">
      <Icon name="plus" />
      {t('disp.novo')}
    </a>
  );
  return (
    <Page title={t('nav.dispensadores')} actions={add}>
      <Part
        status={isKnown ? watched.status.value : stock.status.value}
        has={all.length > 0 && isKnown}
        again={watched.again}
        isEmpty={all.length === 0}
        empty={<Empty text={t('disp.nenhum')}>{add}</Empty>}
      >
        {all.slice(0, drawn).map((device) => (
          <article key={device.device} class="card">
            <header>
              <h2>
                <a href={`/dispensadores/${device.device}`}>{device.nome}</a>
              </h2>
              <span class="soft mono">{device.device}</span>
              {device.birth && <span class="chip">fw {device.birth.fw_version}</span>}
              {device.alertas.length > 0 && (
                <span class="chip warn">
                  <Icon name="warn" />
                  {t('disp.alertas', { n: device.alertas.length })}
                </span>
              )}
              <DeviceLight device={device} />
            </header>
            <Shelf device={device} />
          </article>
        ))}
      </Part>
    </Page>
  );
}
