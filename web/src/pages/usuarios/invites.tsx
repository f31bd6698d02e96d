import { useSignal } from '@preact/signals';
import {
  type InviteRow,
  inviteLifeDays,
  type Permission,
  permissionsOf,
  type Role,
  roles,
} from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { can, zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { DecimalField, SelectField, TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { linkTo, OneTimeLink } from '../../ui/one-time-link.tsx';
import { PermissionSet } from '../../ui/permission-set.tsx';
import { Fault, Part } from '../../ui/states.tsx';

const isLife = (days: number | null): boolean =>
  Number.isInteger(days) && Number(days) >= inviteLifeDays.min && Number(days) <= inviteLifeDays.max;

/** Invitations that wait, and a new one: the link is shown once and lets one person in. */
export function Invites() {
  const rows = useSignal<readonly InviteRow[] | undefined>(undefined);
  const nome = useSignal('');
  const role = useSignal<Role>('operador');
  const days = useSignal<number | null>(inviteLifeDays.standard);
  /** undefined: those of the role, as they are. */
  const own = useSignal<readonly Permission[] | undefined>(undefined);
  const link = useSignal<string | undefined>(undefined);
  const act = useAct();
  const watched = useWatch('convites', () => ({
    filters: [],
    fetch: async () => {
      rows.value = await api.invites();
    },
  }));
  const invite = async (): Promise<void> => {
    const { code } = await api.invite({
      nome: nome.value.trim(),
      role: role.value,
      permissoes: [...(own.value ?? [])],
      dias: days.value ?? inviteLifeDays.standard,
    });
    link.value = linkTo('convite', code);
    nome.value = '';
    own.value = undefined;
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
                <strong>{row.nome}</strong> {word('papel', row.role)}{' '}
                {row.permissoes.length > 0 && (
                  <span class="chip" title={row.permissoes.map((one) => word('permissao', one)).join(' · ')}>
                    {t('pessoa.permissoes-proprias')}
                  </span>
                )}
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
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          // An empty set would be the role's own.
          if (own.value?.length !== 0) void act.run(invite);
        }}
      >
        <div class="grid small">
          <TextField
            label={t('convite.para')}
            value={nome.value}
            onText={(text) => (nome.value = text)}
            input={{ required: true, maxLength: 64 }}
          />
          <SelectField
            label={t('pessoa.papel')}
            value={role.value}
            options={roles.map((one) => [one, word('papel', one)])}
            onValue={(next) => {
              role.value = next as Role;
              own.value = undefined;
            }}
          />
          <DecimalField
            label={t('convite.dias')}
            value={days.value}
            onNumber={(next) => (days.value = next)}
            fault={isLife(days.value) ? undefined : t('retencao.entre', inviteLifeDays)}
          />
        </div>
        {role.value !== 'dono' && (
          <label class="check">
            <input
              type="checkbox"
              checked={own.value !== undefined}
              onChange={({ currentTarget: { checked } }) =>
                (own.value = checked ? permissionsOf[role.value].filter(can) : undefined)
              }
            />
            {t('convite.permissoes')}
          </label>
        )}
        {own.value && (
          <PermissionSet
            legend={t('pessoa.permissoes')}
            chosen={own.value}
            onChosen={(next) => (own.value = next(own.value ?? []))}
          />
        )}
        <button
          type="submit"
          class="btn primary"
          disabled={act.isBusy.value || !nome.value.trim() || !isLife(days.value) || own.value?.length === 0}
        >
          <Icon name="plus" />
          {t('convite.convidar')}
        </button>
      </form>
    </section>
  );
}
