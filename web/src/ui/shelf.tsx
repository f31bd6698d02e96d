import type { DeviceState } from '@yaguts/shared';
import { grams } from '../i18n/numbers.ts';
import { t } from '../i18n/t.ts';
import { isStale } from '../store/conn.ts';
import { estoque, filledOn, jobs, runningOn } from '../store/kitchen.ts';
import { temperoColors } from '../store/temperos.ts';
import { Jar } from './jar.tsx';
import { pouringNow_g } from './job.ts';

/** The jars of a device on their shelf. Each redraws alone when its grams change. */
export function Shelf({ device }: { device: DeviceState }) {
  const mine = filledOn(device.device);
  if (mine.length === 0) return <p class="soft">{t('painel.sem-frascos')}</p>;
  return (
    <ul class="shelf">
      {mine.map((id) => (
        <OnShelf key={id} id={id} device={device} />
      ))}
    </ul>
  );
}

function OnShelf({ id, device }: { id: string; device: DeviceState }) {
  const row = estoque.get(id).value?.body;
  if (!row) return null;
  const job = device.job ? jobs.get(String(device.job.job_id)).value?.body : undefined;
  const now_g = job ? pouringNow_g(job, runningOn(device.device).value, row.frasco) : 0;
  const saldo_g = row.saldo_g - now_g;
  return (
    <li>
      <Jar
        frasco={row.frasco}
        tempero={row.tempero}
        saldo_g={saldo_g}
        desejado_g={row.desejado_g}
        minimo_g={row.minimo_g}
        reservado_g={row.reservado_g - now_g}
        cor={temperoColors.value.get(row.tempero ?? '')}
        isPouring={now_g > 0}
        isStale={isStale.value || device.presence !== 'online'}
        recontar={row.recontar}
      />
      <span class="jar-name" title={row.tempero ?? ''}>
        {row.tempero}
      </span>
      <span class="jar-grams">{grams(Math.max(0, saldo_g))}</span>
    </li>
  );
}
