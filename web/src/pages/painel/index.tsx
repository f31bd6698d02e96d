import { useSignal } from '@preact/signals';
import type { HistorySummary } from '@yaguts/shared';
import { useEffect } from 'preact/hooks';
import { api } from '../../api/routes.ts';
import { duration, percent } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { onOrgEvent } from '../../live/hear.ts';
import { useWatch } from '../../live/use-watch.ts';
import { loadDevices } from '../../store/devices.ts';
import { badge, devices } from '../../store/kitchen.ts';
import { can } from '../../store/session.ts';
import { loadTemperos } from '../../store/temperos.ts';
import { useGradually } from '../../ui/gradually.ts';
import { Icon } from '../../ui/icon.tsx';
import { Page } from '../../ui/page.tsx';
import { Part } from '../../ui/states.tsx';
import { isEstoqueKnown, useEstoque } from '../../ui/use-job.ts';
import { Beginning } from './beginning.tsx';
import { DeviceCard } from './device-card.tsx';
import { LowNotes } from './low-notes.tsx';
import { RunningCard } from './running-card.tsx';

export default function Painel() {
  const watched = useWatch('painel', () => ({
    filters: [],
    fetch: async () => {
      await Promise.all([loadDevices(), loadTemperos()]);
    },
  }));
  const stock = useEstoque();
  const all = devices.all.value;
  const active = all.filter(
    ({ job }) => job !== null && (job.status === 'running' || job.fase === 'ofertado'),
  );
  const isKnown = isEstoqueKnown(stock);
  const drawn = useGradually(all.length, 1);
  return (
    <Page
      title={t('nav.painel')}
      actions={
        can('jobs:create') && (
          <a class="btn primary" href="/receitas">
            <Icon name="play" />
            {t('painel.executar')}
          </a>
        )
      }
    >
      {can('history:view') && <Today />}
      <Part
        status={isKnown ? watched.status.value : stock.status.value}
        has={all.length > 0 && isKnown}
        again={watched.again}
        isEmpty={all.length === 0}
        empty={<Beginning />}
      >
        {active.length > 0 && (
          <section class="stack" aria-label={t('painel.agora')}>
            {active.map((device) => (
              <RunningCard key={device.device} device={device} />
            ))}
          </section>
        )}
        <LowNotes />
        <section class="stack">
          <h2>{t('painel.dispensadores', { n: all.length })}</h2>
          <div class="stack">
            {all.slice(0, drawn).map((device) => (
              <DeviceCard key={device.device} device={device} />
            ))}
          </div>
        </section>
      </Part>
      {drawn === all.length && can('jobs:approve') && badge.value.permission_pending > 0 && (
        <a class="note warn" href="/aprovacoes">
          <Icon name="aprovacoes" />
          <span class="grow">{t('painel.aprovacoes', { n: badge.value.permission_pending })}</span>
          <Icon name="chevron" />
        </a>
      )}
    </Page>
  );
}

/** Today's figures; asked again when an execution ends, because then they changed. */
function Today() {
  const summary = useSignal<HistorySummary | undefined>(undefined);
  const watched = useWatch('resumo', () => ({
    filters: [],
    fetch: async () => {
      summary.value = await api.historySummary({});
    },
  }));
  useEffect(() => onOrgEvent((type) => type === 'task:executed' && watched.again()), [watched]);
  const it = summary.value;
  const day = it?.dias.at(-1);
  const today = day ? day.done + day.done_partial + day.failed + day.canceled + day.outros : undefined;
  const figures = [
    [t('painel.hoje'), today === undefined ? '–' : String(today)],
    [t('painel.sucesso'), percent(it?.taxa_sucesso ?? null)],
    [t('painel.media'), duration(it?.duracao_media_ms ?? null)],
  ] as const;
  return (
    <section class="metrics" aria-label={t('painel.numeros')}>
      {figures.map(([name, value]) => (
        <div key={name} class="card flat metric">
          <small>{name}</small>
          <strong>{value}</strong>
        </div>
      ))}
    </section>
  );
}
