import { useSignal } from '@preact/signals';
import type { DeviceState, PayloadOf } from '@yaguts/shared';
import { useEffect } from 'preact/hooks';
import { decimal, duration } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { hear } from '../../live/hear.ts';
import { useWatch } from '../../live/use-watch.ts';
import { can, session } from '../../store/session.ts';

/** Firmware, configuration wanted and applied, update, and the last telemetry. */
export function Facts({ device }: { device: DeviceState }) {
  const telemetry = useSignal<PayloadOf<'telemetry'> | undefined>(undefined);
  const ota = useSignal<PayloadOf<'otaState'> | undefined>(undefined);
  const id = device.device;
  const root = `yaguts/v1/${session.value?.org}/devices/${id}`;
  useWatch(`fatos ${id}`, () =>
    can('topics:all') ? { filters: [`${root}/telemetry`, `${root}/ota/state`] } : undefined,
  );
  useEffect(() => {
    const stops = [
      hear('telemetry', (at, body) => at.device === id && (telemetry.value = body)),
      hear('otaState', (at, body) => at.device === id && (ota.value = body)),
    ];
    return () => stops.forEach((stop) => void stop());
  }, [id]);
  const { birth, config } = device;
  const isApplied = config.reportada?.versao === config.desejada;
  const it = telemetry.value;
  const facts: readonly (readonly [string, string] | false | null | undefined)[] = [
    birth && ['Firmware', `${birth.fw_version} · ${birth.hw}`],
    birth && [
      t('disp.capacidades'),
      [t('disp.frascos', { n: birth.frascos }), ...birth.capabilities].join(' · '),
    ],
    birth?.reset_reason ? [t('disp.reinicio'), birth.reset_reason] : undefined,
    [
      t('disp.config'),
      isApplied
        ? t('disp.config-aplicada', { n: config.desejada })
        : t('disp.config-espera', { n: config.desejada, m: config.reportada?.versao ?? '–' }),
    ],
    ota.value && [
      t('disp.ota'),
      `${word('ota', ota.value.state)} ${ota.value.percent !== undefined ? `${decimal(ota.value.percent, 0)} %` : ''}`,
    ],
    it?.rssi !== undefined && ['Wi-Fi', `${it.rssi} dBm`],
    it?.heap_free !== undefined && [t('disp.memoria'), `${decimal(it.heap_free / 1024, 0)} KiB`],
    it?.uptime_ms !== undefined && [t('disp.ligado'), duration(it.uptime_ms)],
  ];
  return (
    <section class="card">
      <h2>{t('disp.aparelho')}</h2>
      {config.reportada?.errors?.map((error) => (
        <p key={error} class="note bad">
          {error}
        </p>
      ))}
      <dl class="facts">
        {facts
          .filter((fact) => fact !== false && fact !== undefined && fact !== null)
          .map(([name, value]) => (
            <div key={name} class="row between">
              <dt class="soft">{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}
