import { useSignal } from '@preact/signals';
import type { RateLimits } from '@yaguts/shared';
import { installation } from '../../api/installation.ts';
import { ago, dateTime, decimal } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { now } from '../../store/conn.ts';
import { devices } from '../../store/kitchen.ts';
import { zone } from '../../store/session.ts';
import { Part } from '../../ui/states.tsx';
import { TableFrame } from '../../ui/table-frame.tsx';

/** The limits in force, and who was told to wait since the platform started. An entry is never lost to one. */
export function Limits() {
  const it = useSignal<RateLimits | undefined>(undefined);
  const watched = useWatch('limites', () => ({
    filters: [],
    fetch: async () => {
      it.value = await installation.limits();
    },
  }));
  const value = it.value;
  const all = value?.instalacao;
  return (
    <section class="card">
      <h2>{t('limites.titulo')}</h2>
      <p class="soft">{t('limites.texto')}</p>
      <Part status={watched.status.value} has={value !== undefined} again={watched.again} rows={2}>
        <TableFrame label={t('limites.titulo')}>
          <table>
            <thead>
              <tr>
                <th>{t('limites.quem')}</th>
                <th class="n">{t('limites.por-minuto')}</th>
                <th class="n">{t('limites.de-uma-vez')}</th>
                {all && <th class="n">{t('limites.recusas')}</th>}
              </tr>
            </thead>
            <tbody>
              {value?.limites.map(({ tipo, por_minuto, rajada }) => (
                <tr key={tipo}>
                  <th scope="row">{word('limites', tipo)}</th>
                  <td class="n">{decimal(por_minuto)}</td>
                  <td class="n">{decimal(rajada, 0)}</td>
                  {all && <td class="n">{decimal(all.recusas[tipo], 0)}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </TableFrame>
        {value && <Waited value={value} />}
        {all && Object.keys(all.broker).length > 0 && (
          <details>
            <summary>{t('limites.broker')}</summary>
            <dl class="facts">
              {Object.entries(all.broker).map(([name, n]) => (
                <div key={name} class="row between">
                  <dt class="mono">{name}</dt>
                  <dd class="num">{decimal(n, 0)}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
      </Part>
    </section>
  );
}

/** Who of this organisation was told to wait, the most often told first. */
function Waited({ value }: { value: RateLimits }) {
  const rows = [
    ...value.pessoas.map(({ user, ...waited }) => ({ id: `p/${user}`, nome: user, ...waited })),
    ...value.dispensadores.map(({ device, ...waited }) => ({
      id: `d/${device}`,
      nome: devices.get(device).value?.body?.nome ?? device,
      ...waited,
    })),
  ];
  if (rows.length === 0) {
    return <p class="soft">{t('limites.ninguem', { desde: dateTime(value.desde, zone()) })}</p>;
  }
  return (
    <>
      <h3>{t('limites.esperaram', { desde: dateTime(value.desde, zone()) })}</h3>
      <ul class="facts">
        {rows.map(({ id, nome, recusas, ultima_em }) => (
          <li key={id} class="row between">
            <span>{nome}</span>
            <span class="num">
              {t('limites.vezes', { n: recusas })} <small>{ago(now.value - ultima_em)}</small>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
