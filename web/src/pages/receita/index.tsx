import { useSignal } from '@preact/signals';
import type { Receita, ReceitaIn } from '@yaguts/shared';
import { useLocation, useRoute } from 'preact-iso/router';
import { api } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { can } from '../../store/session.ts';
import { ensureTemperos, loadTemperos } from '../../store/temperos.ts';
import { useAct } from '../../ui/act.ts';
import { TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { useLeaveGuard } from '../../ui/leave-guard.ts';
import { Page } from '../../ui/page.tsx';
import { Fault, Part } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { Blend } from '../receitas/card.tsx';
import { RunDialog } from '../receitas/run-dialog.tsx';
import { type Draft, draftFrom, emptyDraft, faultsOf, receitaFrom } from './draft.ts';
import { ItemRows } from './item-rows.tsx';
import { PrintedReceita } from './printed.tsx';

export default function ReceitaPage() {
  const id = useRoute().params.id;
  const isNew = id === 'nova';
  const { route } = useLocation();
  const stored = useSignal<Receita | undefined>(undefined);
  const draft = useSignal<Draft | undefined>(isNew ? emptyDraft() : undefined);
  const isTouched = useSignal(false);
  const isRunning = useSignal(false);
  const act = useAct();
  useLeaveGuard(isTouched.value);
  const watched = useWatch(`receita ${id}`, () => ({
    filters: [],
    fetch: async () => {
      await loadTemperos();
      if (isNew) return;
      const found = await api.receita(Number(id));
      // A reconnect fetches again: what somebody is writing is not thrown away.
      if (isTouched.value) return;
      stored.value = found;
      draft.value = draftFrom(found);
    },
  }));
  const it = draft.value;
  // From the draft as it is, not as it was drawn: two inputs may come before the next drawing.
  const change = (next: (now: Draft) => Partial<Draft>): void => {
    const now = draft.value;
    if (!now) return;
    draft.value = { ...now, ...next(now) };
    isTouched.value = true;
  };
  const save = async (body: ReceitaIn): Promise<void> => {
    await ensureTemperos(body.itens.map((item) => item.tempero));
    const saved = await api.saveReceita(body, stored.value);
    stored.value = saved;
    draft.value = draftFrom(saved);
    isTouched.value = false;
    toast(t('acao.salvo'));
    if (isNew) route(`/receitas/${saved.id}`, true);
  };
  const remove = async (): Promise<void> => {
    const before = stored.value;
    if (!before || !confirm(t('receita.excluir-confirma', { nome: before.nome }))) return;
    await api.deleteReceita(before.id);
    route('/receitas', true);
    toast(t('receita.excluida', { nome: before.nome }));
  };
  const mayEdit = can('receitas:edit');
  const faults = it ? faultsOf(it) : undefined;
  return (
    <Page
      title={isNew ? t('receita.nova') : (stored.value?.nome ?? t('nav.receitas'))}
      actions={
        stored.value && (
          <>
            {can('jobs:create') && (
              <button type="button" class="btn primary" onClick={() => (isRunning.value = true)}>
                <Icon name="play" />
                {t('receita.executar')}
              </button>
            )}
            <button type="button" class="btn" onClick={() => print()}>
              <Icon name="print" />
              {t('acao.imprimir')}
            </button>
          </>
        )
      }
    >
      <Part status={watched.status.value} has={it !== undefined} again={watched.again}>
        {it && (
          <form
            class="card no-print"
            onSubmit={(event) => {
              event.preventDefault();
              const body = receitaFrom(draft.value ?? it);
              if (body) void act.run(() => save(body));
            }}
          >
            <TextField
              label={t('receita.nome')}
              value={it.nome}
              onText={(nome) => change(() => ({ nome }))}
              fault={isTouched.value && it.nome !== '' ? faults?.nome : undefined}
              input={{ required: true, maxLength: 32 }}
            />
            {stored.value && <Blend receita={stored.value} />}
            <ItemRows
              itens={it.itens}
              faults={isTouched.value ? faults?.itens : undefined}
              onItens={(next) => change((now) => ({ itens: next(now.itens) }))}
            />
            <TextField
              label={t('receita.etiquetas')}
              hint={t('receita.etiquetas-dica')}
              value={it.tags}
              onText={(tags) => change(() => ({ tags }))}
            />
            <label class="field">
              <span>{t('receita.notas')}</span>
              <textarea
                class="input"
                maxLength={2000}
                value={it.notas}
                onInput={({ currentTarget: { value: notas } }) => change(() => ({ notas }))}
              />
            </label>
            <label class="check">
              <input
                type="checkbox"
                checked={it.favorita}
                onChange={({ currentTarget: { checked: favorita } }) => change(() => ({ favorita }))}
              />
              {t('receita.favorita')}
            </label>
            {act.problem.value && <Fault problem={act.problem.value} />}
            {mayEdit ? (
              <div class="row between">
                <button
                  type="submit"
                  class="btn primary big"
                  disabled={act.isBusy.value || !isTouched.value || receitaFrom(it) === undefined}
                >
                  {t(act.isBusy.value ? 'acao.salvando' : 'acao.salvar')}
                </button>
                {!isNew && (
                  <button type="button" class="btn danger" onClick={() => void act.run(remove)}>
                    <Icon name="trash" />
                    {t('acao.excluir')}
                  </button>
                )}
              </div>
            ) : (
              <p class="soft">{t('receita.so-leitura')}</p>
            )}
          </form>
        )}
      </Part>
      {stored.value && <PrintedReceita receita={stored.value} />}
      {isRunning.value && stored.value && (
        <RunDialog receita={stored.value} onClose={() => (isRunning.value = false)} />
      )}
    </Page>
  );
}
