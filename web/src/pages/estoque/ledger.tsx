import { useSignal } from '@preact/signals';
import type { Movimento } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { dateTime, grams } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { shownJob } from '../../store/execution.ts';
import { can, zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { Fault } from '../../ui/states.tsx';
import { TableFrame } from '../../ui/table-frame.tsx';
import { undoMovement } from './move-dialog.tsx';

/** Every movement, newest first, with its own undo. */
export function Ledger() {
  const rows = useSignal<readonly Movimento[] | undefined>(undefined);
  const next = useSignal<string | null>(null);
  const act = useAct();
  const load = (cursor?: string) =>
    act.run(async () => {
      const page = await api.movimentos(cursor ? { cursor } : {});
      rows.value = cursor ? [...(rows.value ?? []), ...page.rows] : page.rows;
      next.value = page.proximo;
    });
  return (
    <details class="card no-print" onToggle={(event) => event.currentTarget.open && void load()}>
      <summary>{t('estoque.movimentos')}</summary>
      {act.problem.value && <Fault problem={act.problem.value} again={() => void load()} />}
      <TableFrame label={t('estoque.movimentos')}>
        <table>
          <thead>
            <tr>
              <th>{t('estoque.quando')}</th>
              <th>{t('receita.tempero')}</th>
              <th>{t('estoque.tipo')}</th>
              <th class="n">g</th>
              <th class="n">{t('estoque.saldo')}</th>
              <th>{t('estoque.por')}</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {rows.value?.map((row) => (
              <tr key={row.id}>
                <td>{dateTime(row.em, zone())}</td>
                <td>
                  {row.tempero}{' '}
                  <small class="num">
                    ({row.device}/{row.frasco})
                  </small>
                </td>
                <td>
                  {word('mov', row.tipo)} {row.nota && <small>{row.nota}</small>}
                </td>
                <td class="n">{grams(row.quantidade_g)}</td>
                <td class="n">{grams(row.saldo_g)}</td>
                <td>
                  {row.job_id ? (
                    <button type="button" class="btn quiet" onClick={() => (shownJob.value = row.job_id)}>
                      #{row.job_id}
                    </button>
                  ) : (
                    row.por
                  )}
                </td>
                <td>
                  {can('estoque:edit') &&
                    !row.estornado &&
                    (row.tipo === 'entrada' || row.tipo === 'ajuste') && (
                      <button
                        type="button"
                        class="btn quiet"
                        disabled={act.isBusy.value}
                        onClick={() => void act.run(() => undoMovement(row.id)).then((ok) => ok && load())}
                      >
                        {t('acao.desfazer')}
                      </button>
                    )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
      {next.value && (
        <button
          type="button"
          class="btn"
          disabled={act.isBusy.value}
          onClick={() => void load(next.value ?? undefined)}
        >
          {t('acao.mais-linhas')}
        </button>
      )}
    </details>
  );
}
