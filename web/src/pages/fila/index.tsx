import { t } from '../../i18n/t.ts';
import { devices } from '../../store/kitchen.ts';
import { can } from '../../store/session.ts';
import { Page } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { QueueCard } from './queue-card.tsx';

export default function Fila() {
  const all = devices.all.value;
  return (
    <Page title={t('nav.fila')}>
      {all.length === 0 && (
        <Empty text={t('disp.nenhum')}>
          {can('devices:manage') && (
            <a class="btn primary" href="/dispensadores">
              {t('nav.dispensadores')}
            </a>
          )}
        </Empty>
      )}
      {all.map((device) => (
        <QueueCard key={device.device} device={device} />
      ))}
    </Page>
  );
}
