import { useSignal } from '@preact/signals';
import { people } from '../../api/people.ts';
import { api, type UserRow } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { can, session } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Fault } from '../../ui/states.tsx';

/** What concerns the organisation as a whole: taking it out, handing it over, deleting it. */
export function WholeOrg() {
  return (
    <>
      {can('org:manage') && (
        <section class="card">
          <h2>{t('org.exportar')}</h2>
          <p class="soft">{t('org.exportar-texto')}</p>
          <div class="row">
            <a class="btn" href={people.exportUrl} download>
              {t('org.exportar-baixar')}
            </a>
          </div>
        </section>
      )}
      {can('org:own') && <Transfer />}
      {can('org:own') && <Wipe />}
    </>
  );
}

function Transfer() {
  const others = useSignal<readonly UserRow[]>([]);
  const user = useSignal('');
  const act = useAct();
  useWatch('pessoas-dono', () => ({
    filters: [],
    fetch: async () => {
      const all = await api.users();
      others.value = all.filter((one) => one.desativado_em === null && one.user !== session.value?.user);
    },
  }));
  if (others.value.length === 0) return null;
  return (
    <details class="card">
      <summary>{t('org.passar')}</summary>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          // Both log in anew: the rights of this session are no more.
          void act.run(() => people.transfer(user.value)).then((ok) => ok && location.assign('/entrar'));
        }}
      >
        <p class="soft">{t('org.passar-texto')}</p>
        <SelectField
          label={t('org.passar-para')}
          value={user.value}
          options={[['', '—'], ...others.value.map((one) => [one.user, one.nome] as const)]}
          onValue={(next) => (user.value = next)}
        />
        {act.problem.value && <Fault problem={act.problem.value} />}
        <button type="submit" class="btn danger" disabled={act.isBusy.value || user.value === ''}>
          {t('org.passar')}
        </button>
      </form>
    </details>
  );
}

function Wipe() {
  const typed = useSignal('');
  const act = useAct();
  const org = session.value?.org ?? '';
  return (
    <details class="card">
      <summary>{t('org.apagar')}</summary>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void act.run(() => people.wipe(typed.value)).then((ok) => ok && location.assign('/entrar'));
        }}
      >
        <p class="note bad">{t('org.apagar-texto')}</p>
        <TextField
          label={t('org.apagar-digite', { org })}
          value={typed.value}
          onText={(text) => (typed.value = text)}
          input={{ autoComplete: 'off', autoCapitalize: 'none', spellcheck: false, required: true }}
        />
        {act.problem.value && <Fault problem={act.problem.value} />}
        <button type="submit" class="btn danger" disabled={act.isBusy.value || typed.value !== org}>
          {t('org.apagar')}
        </button>
      </form>
    </details>
  );
}
