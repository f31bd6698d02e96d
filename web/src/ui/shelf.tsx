import type { DeviceState } from '@yaguts/shared';
import { grams } from '../i18n/numbers.ts';
import { t } from '../i18n/t.ts';
import { isFresh } from '../store/conn.ts';
import { estoque, jobs, runningOn } from '../store/kitchen.ts';
import { temperoColors } from '../store/temperos.ts';
import { Jar } from './jar.tsx';
import { pouringNow_g } from './job.ts';

/** The jars of a device on their shelf; a tap leads to the device. */
export function Shelf({ device }: { device: DeviceState }) {
  const mine = estoque.all.value.filter((row) => row.device === device.device && row.tempero !== null);
  const job = device.job ? jobs.get(String(device.job.job_id)).value?.body : undefined;
  const running = runningOn(device.device).value;
  if (mine.length === 0) return <p class="soft">{t('painel.sem-frascos')}</p>;
  return (
    <ul class="shelf">
      {mine.map((row) => {
        const now_g = pouringNow_g(job, running, row.frasco);
        const saldo_g = row.saldo_g - now_g;
        return (
          <li key={row.frasco}>
            <Jar
              frasco={row.frasco}
              tempero={row.tempero}
              saldo_g={saldo_g}
              desejado_g={row.desejado_g}
              minimo_g={row.minimo_g}
              reservado_g={row.reservado_g - now_g}
              cor={temperoColors.value.get(row.tempero ?? '')}
              isPouring={now_g > 0}
              isStale={!isFresh.value || device.presence !== 'online'}
              recontar={row.recontar}
            />
            <span class="jar-name" title={row.tempero ?? ''}>
              {row.tempero}
            </span>
            <span class="jar-grams">{grams(Math.max(0, saldo_g))}</span>
          </li>
        );
      })}
    </ul>
  );
}
