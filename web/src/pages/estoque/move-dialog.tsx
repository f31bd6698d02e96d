import { useSignal } from '@preact/signals';
import type { EstoqueState, Movimento, MovimentoIn } from '@yaguts/shared';
import { useMemo } from 'preact/hooks';
import { newKey } from '../../api/http.ts';
import { api } from '../../api/routes.ts';
import { decimal, grams } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { useAct } from '../../ui/act.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DecimalField, TextField } from '../../ui/field.tsx';
import { Fault } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';

export type Movement = 'entrada' | 'ajuste';

/** Puts a movement back with one of its own: the ledger is never rewritten. */
export async function undoMovement(id: number): Promise<void> {
  await api.move({ tipo: 'estorno', movimento_id: id, nota: '' }, newKey());
}

/** Refill by grams or to the brim; or correct to what the scale says. */
export function MoveDialog({
  row,
  kind,
  onClose,
}: {
  row: EstoqueState;
  kind: Movement;
  onClose: () => void;
}) {
  const amount = useSignal<number | null>(null);
  const note = useSignal('');
  const act = useAct();
  const key = useMemo(newKey, []);
  const missing = row.desejado_g === null ? 0 : Math.max(0, row.desejado_g - row.saldo_g);
  const value = amount.value;
  const isValid = value !== null && (kind === 'entrada' ? value >= 0.001 : value >= 0);
  const move = (grams: number) =>
    act.run(async () => {
      const at = { device: row.device, frasco: row.frasco, nota: note.value };
      const body: MovimentoIn =
        kind === 'entrada'
          ? { tipo: kind, ...at, quantidade_g: grams }
          : { tipo: kind, ...at, saldo_g: grams };
      const made: Movimento = await api.move(body, key);
      onClose();
      toast(t('estoque.feito', { tempero: row.tempero ?? '', gramas: decimal(made.saldo_g) }), () => {
        void undoMovement(made.id);
      });
    });
  return (
    <Dialog
      title={t(kind === 'entrada' ? 'estoque.reabastecer-titulo' : 'estoque.corrigir-titulo', {
        tempero: row.tempero ?? '',
      })}
      subtitle={<p class="soft">{t('estoque.agora', { gramas: grams(row.saldo_g) })}</p>}
      onClose={onClose}
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (isValid) void move(value);
        }}
      >
        <DecimalField
          label={t(kind === 'entrada' ? 'estoque.quanto' : 'estoque.pesado')}
          hint={kind === 'ajuste' ? t('estoque.pesado-dica') : undefined}
          value={null}
          onNumber={(next) => (amount.value = next)}
          fault={value !== null && !isValid ? t('receita.falha-gramas') : undefined}
          input={{ autofocus: true }}
        />
        <TextField
          label={t('estoque.nota')}
          value={note.value}
          onText={(text) => (note.value = text)}
          input={{ maxLength: 200 }}
        />
        {act.problem.value && <Fault problem={act.problem.value} />}
        <div class="row end">
          {kind === 'entrada' && missing > 0 && (
            <button type="button" class="btn" disabled={act.isBusy.value} onClick={() => void move(missing)}>
              {t('estoque.cheio', { gramas: grams(missing) })}
            </button>
          )}
          <button type="submit" class="btn primary big" disabled={!isValid || act.isBusy.value}>
            {t('acao.salvar')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
