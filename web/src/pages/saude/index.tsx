import { useSignal } from '@preact/signals';
import type { HistorySummary } from '@yaguts/shared';
import { api, type Stats } from '../../api/routes.ts';
import { decimal, duration, percent } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { type Light, linkLight, serverLight } from '../../store/conn.ts';
import { devices, server } from '../../store/kitchen.ts';
import { can, session } from '../../store/session.ts';
import { DeviceLight } from '../../ui/device-light.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Dot } from '../../ui/lights.tsx';
import { Page } from '../../ui/page.tsx';
import { Part } from '../../ui/states.tsx';
import { Limits } from './limits.tsx';

/** The figures that were asked for, each beside its target, and everything that calls for somebody. */
export default function Saude() {
  const summary = useSignal<HistorySummary | undefined>(undefined);
  const stats = useSignal<Stats | undefined>(undefined);
  const ready = useSignal<Light>('off');
  const watched = useWatch('saude', () => ({
    filters: [],
    fetch: async () => {
      const [figures, live, isReady] = await Promise.all([
        api.historySummary({}),
        session.value?.plataforma ? api.stats() : undefined,
        api.ready().then(
          () => 'ok' as const,
          () => 'bad' as const,
        ),
      ]);
      summary.value = figures;
      stats.value = live;
      ready.value = isReady;
    },
  }));
  const it = summary.value;
  const goals = it && [
    goal(
      t('saude.sucesso'),
      it.taxa_sucesso,
      percent(it.taxa_sucesso),
      `> ${percent(0.98)}`,
      (n) => n > 0.98,
    ),
    goal(t('saude.exato'), it.estoque_exato, percent(it.estoque_exato, 2), percent(1), (n) => n >= 1),
    goal(
      t('saude.atraso'),
      it.atraso_p95_ms,
      duration(it.atraso_p95_ms),
      `< ${duration(500)}`,
      (n) => n < 500,
    ),
    goal(t('hist.interrompidas'), it.interrompidos, decimal(it.interrompidos, 0), '0', (n) => n === 0),
  ];
  const alerts = devices.all.value.flatMap((device) => device.alertas.map((alert) => ({ device, alert })));
  return (
    <Page title={t('nav.saude')}>
      <Part status={watched.status.value} has={it !== undefined} again={watched.again}>
        <section class="metrics wide">
          {goals?.map(({ name, value, target, light }) => (
            <div key={name} class="card flat metric">
              <small>{name}</small>
              <strong>{value}</strong>
              <span class={`light ${light}`}>
                <Dot light={light} />
                {t('saude.meta')} {target}
              </span>
            </div>
          ))}
        </section>
        <section class="card">
          <h2>{t('saude.partes')}</h2>
          <ul class="items">
            <Line name={t('saude.pagina')} light={linkLight.value} />
            <Line name={t('saude.servidor')} light={serverLight.value} detail={server.value?.version} />
            <Line name={t('saude.pronto')} light={ready.value} />
            {devices.all.value.map((device) => (
              <li key={device.device}>
                <Icon name="dispensadores" />
                <a href={`/dispensadores/${device.device}`}>{device.nome}</a>
                <DeviceLight device={device} />
              </li>
            ))}
          </ul>
        </section>
        <section class="card">
          <h2>{t('saude.alertas')}</h2>
          {alerts.length === 0 && <p class="soft">{t('saude.sem-alertas')}</p>}
          {alerts.map(({ device, alert }) => (
            <p key={device.device + alert.code} class="note warn">
              <Icon name="warn" />
              <span class="grow">
                <strong>{device.nome}</strong> {word('alerta', alert.code)}
              </span>
              <a class="btn" href={`/dispensadores/${device.device}`}>
                {t('acao.abrir')}
              </a>
            </p>
          ))}
        </section>
        {can('org:manage') && <Limits />}
        {stats.value && (
          <section class="card">
            <h2>{t('saude.conexoes', { n: stats.value.totalClients })}</h2>
            <dl class="facts">
              {Object.entries(stats.value.clientsByOrg).map(([org, n]) => (
                <div key={org} class="row between">
                  <dt class="mono">{org}</dt>
                  <dd class="num">{n}</dd>
                </div>
              ))}
            </dl>
          </section>
        )}
      </Part>
    </Page>
  );
}

function goal(
  name: string,
  raw: number | null,
  value: string,
  target: string,
  isMet: (n: number) => boolean,
) {
  const light: Light = raw === null ? 'off' : isMet(raw) ? 'ok' : 'bad';
  return { name, value, target, light };
}

function Line({ name, light, detail }: { name: string; light: Light; detail?: string | undefined }) {
  const words = { ok: 'saude.bem', warn: 'luz.conectando', bad: 'saude.mal', off: 'saude.sem-dado' } as const;
  return (
    <li>
      <Icon name="saude" />
      <span>
        {name} {detail && <small class="mono">{detail}</small>}
      </span>
      <span class={`light ${light}`}>
        <Dot light={light} />
        {t(words[light])}
      </span>
    </li>
  );
}
