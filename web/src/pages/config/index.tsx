import { useSignal } from '@preact/signals';
import { api, type Org } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { can } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { DecimalField, SelectField, TextField } from '../../ui/field.tsx';
import { Page } from '../../ui/page.tsx';
import { Fault, Part } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { ApprovalForm } from './approval.tsx';
import { RetentionForm } from './retention.tsx';
import { WholeOrg } from './whole-org.tsx';

/** Settings of the organisation; what is changed here counts for everybody in it. */
export default function Config() {
  const stored = useSignal<Org | undefined>(undefined);
  const change = useSignal<Partial<Org>>({});
  const act = useAct();
  const watched = useWatch('org', () => ({
    filters: [],
    fetch: async () => {
      stored.value = await api.org();
    },
  }));
  const set = (next: Partial<Org>): void => {
    change.value = { ...change.value, ...next };
  };
  const it = stored.value && { ...stored.value, ...change.value };
  const isBad = Object.values(change.value).some((value) => Number.isNaN(value));
  const fault = (path: string) => act.problem.value?.faults.find((one) => one.path === path)?.message;
  return (
    <Page title={t('nav.config')}>
      <Part status={watched.status.value} has={it !== undefined} again={watched.again}>
        {it && (
          <form
            class="card"
            onSubmit={(event) => {
              event.preventDefault();
              void act.run(async () => {
                stored.value = await api.patchOrg(change.value);
                change.value = {};
                toast(t('acao.salvo'));
              });
            }}
          >
            <fieldset class="stack" disabled={!can('org:manage')}>
              <legend>{it.org}</legend>
              <div class="grid">
                <TextField
                  label={t('org.nome')}
                  value={it.nome}
                  fault={fault('nome')}
                  onText={(nome) => set({ nome })}
                />
                <TextField
                  label={t('org.fuso')}
                  hint={t('org.fuso-dica')}
                  value={it.fuso}
                  fault={fault('fuso')}
                  onText={(fuso) => set({ fuso })}
                />
                <SelectField
                  label={t('conta.idioma')}
                  value={it.idioma}
                  options={[
                    ['pt-BR', 'Português'],
                    ['en', 'English'],
                  ]}
                  onValue={(idioma) => set({ idioma: idioma as Org['idioma'] })}
                />
                <SelectField
                  label={t('org.aprovacao')}
                  hint={t('org.aprovacao-dica')}
                  value={it.regra_aprovacao}
                  options={[
                    ['ninguem', t('org.aprov-ninguem')],
                    ['solicitantes', t('org.aprov-solicitantes')],
                    ['todos', t('org.aprov-todos')],
                  ]}
                  onValue={(regra) => set({ regra_aprovacao: regra as Org['regra_aprovacao'] })}
                />
                <SelectField
                  label={t('org.estoque')}
                  hint={t('org.estoque-dica')}
                  value={it.politica_estoque}
                  options={[
                    ['recusa', t('org.est-recusa')],
                    ['avisa', t('org.est-avisa')],
                    ['parcial', t('org.est-parcial')],
                  ]}
                  onValue={(politica) => set({ politica_estoque: politica as Org['politica_estoque'] })}
                />
                <DecimalField
                  label={t('org.limite-vezes')}
                  value={it.limite_multiplicador}
                  fault={fault('limite_multiplicador')}
                  onNumber={(n) => set({ limite_multiplicador: n ?? Number.NaN })}
                />
                <DecimalField
                  label={t('org.limite-g')}
                  hint={t('org.limite-g-dica')}
                  value={it.limite_g}
                  fault={fault('limite_g')}
                  onNumber={(limite_g) => set({ limite_g })}
                />
              </div>
            </fieldset>
            {act.problem.value && <Fault problem={act.problem.value} />}
            <button
              type="submit"
              class="btn primary big"
              disabled={act.isBusy.value || isBad || Object.keys(change.value).length === 0}
            >
              {t(act.isBusy.value ? 'acao.salvando' : 'acao.salvar')}
            </button>
          </form>
        )}
      </Part>
      <ApprovalForm />
      <RetentionForm />
      <WholeOrg />
    </Page>
  );
}
