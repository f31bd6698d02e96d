import { useSignal } from '@preact/signals';
import type { OrgRow } from '@yaguts/shared';
import { installation } from '../../api/installation.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { TextField } from '../../ui/field.tsx';
import { linkTo, OneTimeLink } from '../../ui/one-time-link.tsx';
import { Fault, Part } from '../../ui/states.tsx';
import { TableFrame } from '../../ui/table-frame.tsx';
import { idFrom } from '../primeiro-uso/id-from.ts';
import { ImportOrg } from './import-org.tsx';

/** The organisations of the installation, for who runs it: seen, made, taken in from an archive. */
export function Orgs() {
  const rows = useSignal<readonly OrgRow[] | undefined>(undefined);
  const watched = useWatch('orgs', () => ({
    filters: [],
    fetch: async () => {
      rows.value = await installation.orgs();
    },
  }));
  return (
    <section class="card">
      <h2>{t('orgs.titulo')}</h2>
      <Part status={watched.status.value} has={rows.value !== undefined} again={watched.again} rows={2}>
        <TableFrame label={t('orgs.titulo')}>
          <table>
            <thead>
              <tr>
                <th>{t('org.nome')}</th>
                <th class="n">{t('nav.pessoas')}</th>
                <th class="n">{t('nav.dispensadores')}</th>
                <th>{t('orgs.desde')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.value?.map((row) => (
                <tr key={row.org}>
                  <td>
                    {row.nome} <small class="mono">{row.org}</small>
                  </td>
                  <td class="n">{row.pessoas}</td>
                  <td class="n">{row.dispensadores}</td>
                  <td class="num">{dateTime(row.criado_em, zone(), 'date')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableFrame>
      </Part>
      <NewOrg onMade={watched.again} />
      <ImportOrg onMade={watched.again} />
    </section>
  );
}

const nothing = { nome: '', org: '', dono: '' };

function NewOrg({ onMade }: { onMade: () => void }) {
  const form = useSignal(nothing);
  const link = useSignal<string | undefined>(undefined);
  const act = useAct();
  const { nome, org, dono } = form.value;
  const set = (change: Partial<typeof nothing>) => (form.value = { ...form.value, ...change });
  const make = async (): Promise<void> => {
    const fuso = zone() ?? 'America/Sao_Paulo';
    const { code } = await installation.addOrg({ nome, org: org || idFrom(nome), dono, fuso });
    link.value = linkTo('convite', code);
    form.value = nothing;
    onMade();
  };
  return (
    <details>
      <summary>{t('orgs.nova')}</summary>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void act.run(make);
        }}
      >
        <div class="grid">
          <TextField
            label={t('org.nome')}
            value={nome}
            onText={(text) => set({ nome: text })}
            input={{ required: true, maxLength: 64 }}
          />
          <TextField
            label={t('orgs.id')}
            value={org}
            onText={(text) => set({ org: text })}
            input={{
              autoCapitalize: 'none',
              placeholder: idFrom(nome),
              pattern: '[a-z0-9][a-z0-9\\-]{0,35}',
            }}
          />
          <TextField
            label={t('orgs.dono')}
            value={dono}
            onText={(text) => set({ dono: text })}
            input={{ required: true, maxLength: 64 }}
          />
        </div>
        {act.problem.value && <Fault problem={act.problem.value} />}
        <button type="submit" class="btn primary" disabled={act.isBusy.value || !nome.trim() || !dono.trim()}>
          {t('orgs.criar')}
        </button>
      </form>
      {link.value && <OneTimeLink url={link.value} hint={t('orgs.link-dica')} />}
    </details>
  );
}
