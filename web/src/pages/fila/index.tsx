import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { devicesRead } from '../../store/devices.ts';
import { devices } from '../../store/kitchen.ts';
import { can } from '../../store/session.ts';
import { Page } from '../../ui/page.tsx';
import { Empty, Part } from '../../ui/states.tsx';
import { QueueCard } from './queue-card.tsx';

export default function Fila() {
  const watched = useWatch('fila', () => ({ filters: [], fetch: devicesRead }));
  const all = devices.all.value;
  return (
    <Page title={t('nav.fila')}>
      <Part
        status={watched.status.value}
        has={all.length > 0}
        again={watched.again}
        isEmpty={all.length === 0}
        empty={
          <Empty text={t('disp.nenhum')}>
            {can('devices:manage') && (
              <a class="btn primary" href="/dispensadores">
                {t('nav.dispensadores')}
              </a>
            )}
          </Empty>
        }
      >
        {all.map((device) => (
          <QueueCard key={device.device} device={device} />
        ))}
      </Part>
    </Page>
  );
}
