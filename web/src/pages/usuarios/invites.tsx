import { useSignal } from '@preact/signals';
import { type InviteRow, type Role, roles } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { linkTo, OneTimeLink } from '../../ui/one-time-link.tsx';
import { Fault, Part } from '../../ui/states.tsx';

/** Invitations that wait, and a new one: the link is shown once and lets one person in. */
export function Invites() {
  const rows = useSignal<readonly InviteRow[] | undefined>(undefined);
  const nome = useSignal('');
  const role = useSignal<Role>('operador');
  const link = useSignal<string | undefined>(undefined);
  const act = useAct();
  const watched = useWatch('convites', () => ({
    filters: [],
    fetch: async () => {
      rows.value = await api.invites();
    },
  }));
  const invite = async (): Promise<void> => {
    const { code } = await api.invite({ nome: nome.value.trim(), role: role.value, permissoes: [], dias: 7 });
    link.value = linkTo('convite', code);
    nome.value = '';
    watched.again();
  };
  return (
    <section class="card">
      <h2>{t('convite.titulo')}</h2>
      <Part status={watched.status.value} has={rows.value !== undefined} again={watched.again} rows={1}>
        <ul class="items loose">
          {rows.value?.map((row) => (
            <li key={row.id}>
              <Icon name="key" />
              <div>
                <strong>{row.nome}</strong> {word('papel', row.role)}
                <br />
                <small class="num">
                  {t('convite.vale-ate')} {dateTime(row.expira_em, zone())} · {row.criado_por}
                </small>
              </div>
              <button
                type="button"
                class="btn danger"
                disabled={act.isBusy.value}
                onClick={() => void act.run(() => api.revokeInvite(row.id)).then(watched.again)}
              >
                {t('token.revogar')}
              </button>
            </li>
          ))}
        </ul>
      </Part>
      {link.value && <OneTimeLink url={link.value} hint={t('convite.link-dica')} />}
      {act.problem.value && <Fault problem={act.problem.value} />}
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void act.run(invite);
        }}
      >
        <div class="field-wide">
          <TextField
            label={t('convite.para')}
            value={nome.value}
            onText={(text) => (nome.value = text)}
            input={{ required: true, maxLength: 64 }}
          />
        </div>
        <SelectField
          label={t('pessoa.papel')}
          value={role.value}
          options={roles.map((one) => [one, word('papel', one)])}
          onValue={(next) => (role.value = next as Role)}
        />
        <button type="submit" class="btn primary" disabled={act.isBusy.value || !nome.value.trim()}>
          <Icon name="plus" />
          {t('convite.convidar')}
        </button>
      </form>
    </section>
  );
}
