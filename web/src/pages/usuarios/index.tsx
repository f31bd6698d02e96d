import { useSignal } from '@preact/signals';
import { permissionsOf, type Role, roles } from '@yaguts/shared';
import { api, type UserRow } from '../../api/routes.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { can, session, zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { SelectField } from '../../ui/field.tsx';
import { linkTo, OneTimeLink } from '../../ui/one-time-link.tsx';
import { Page } from '../../ui/page.tsx';
import { Fault, Part } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { DeviceLimit } from './devices.tsx';
import { Invites } from './invites.tsx';
import { NewPerson } from './new-person.tsx';
import { OwnSet } from './own-set.tsx';
import { TheirTokens } from './their-tokens.tsx';

export default function Usuarios() {
  const people = useSignal<readonly UserRow[] | undefined>(undefined);
  const watched = useWatch('pessoas', () => ({
    filters: [],
    fetch: async () => {
      people.value = await api.users();
    },
  }));
  return (
    <Page title={t('nav.pessoas')}>
      <Part status={watched.status.value} has={people.value !== undefined} again={watched.again}>
        <div class="grid">
          {people.value?.map((person) => (
            <Person key={person.user} person={person} onChanged={watched.again} />
          ))}
        </div>
        {can('people:manage') && <Invites />}
        {can('people:manage') && <NewPerson onMade={watched.again} />}
      </Part>
    </Page>
  );
}

/** Whether this person may do less than oneself: only then one gives them other rights or a link to a new password. */
function isBelowMe({ role, permissoes, plataforma }: UserRow): boolean {
  const mine = session.value?.permissions ?? [];
  const theirs = permissoes.length > 0 ? permissoes : permissionsOf[role];
  if (session.value?.plataforma && !plataforma) return true;
  return theirs.every((one) => mine.includes(one)) && mine.some((one) => !theirs.includes(one));
}

function Person({ person, onChanged }: { person: UserRow; onChanged: () => void }) {
  const act = useAct();
  const link = useSignal<string | undefined>(undefined);
  const isMe = person.user === session.value?.user;
  const isOff = person.desativado_em !== null;
  const isBelow = isBelowMe(person);
  const patch = (body: Parameters<typeof api.patchUser>[1]) =>
    void act.run(async () => {
      await api.patchUser(person.user, body);
      toast(t('acao.salvo'));
      onChanged();
    });
  return (
    <article class="card">
      <header>
        <h2>{person.nome}</h2>
        {isOff && <span class="chip bad">{t('pessoa.desativada')}</span>}
        {isMe && <span class="chip">{t('pessoa.voce')}</span>}
      </header>
      <p class="soft">
        <span class="mono">{person.user}</span> · {dateTime(person.criado_em, zone(), 'date')}
      </p>
      {can('people:manage') && !isMe ? (
        <>
          {isBelow ? (
            <SelectField
              label={t('pessoa.papel')}
              hint={word('papel-dica', person.role)}
              value={person.role}
              options={roles.map((role) => [role, word('papel', role)])}
              onValue={(role) => patch({ role: role as Role })}
            />
          ) : (
            <p>{word('papel', person.role)}</p>
          )}
          <div class="row">
            <button
              type="button"
              class="btn"
              disabled={act.isBusy.value}
              onClick={() => patch({ desativado: !isOff })}
            >
              {t(isOff ? 'pessoa.ativar' : 'pessoa.desativar')}
            </button>
            {isBelow && (
              <button
                type="button"
                class="btn quiet"
                disabled={act.isBusy.value || isOff}
                onClick={() =>
                  void act.run(async () => {
                    link.value = linkTo('nova-senha', (await api.resetCode(person.user)).code);
                  })
                }
              >
                {t('pessoa.nova-senha')}
              </button>
            )}
            <button
              type="button"
              class="btn quiet"
              disabled={act.isBusy.value}
              onClick={() =>
                void act
                  .run(() => api.endSessionsOf(person.user))
                  .then((ok) => ok && toast(t('pessoa.sessoes-encerradas')))
              }
            >
              {t('pessoa.encerrar-sessoes')}
            </button>
          </div>
          {isBelow && (
            <OwnSet key={`${person.role} ${person.permissoes}`} person={person} onChanged={onChanged} />
          )}
          <TheirTokens user={person.user} />
          <DeviceLimit user={person.user} />
        </>
      ) : (
        <p>{word('papel', person.role)}</p>
      )}
      {link.value && <OneTimeLink url={link.value} hint={t('pessoa.link-dica')} />}
      {act.problem.value && <Fault problem={act.problem.value} />}
    </article>
  );
}
