import { useSignal } from '@preact/signals';
import { people } from '../../api/people.ts';
import { api, type UserRow } from '../../api/routes.ts';
import { download } from '../../api/transfer.ts';
import { bytes as bytesText } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { can, session } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { Fault } from '../../ui/states.tsx';

/** What concerns the organisation as a whole: taking it out, handing it over, deleting it. */
export function WholeOrg() {
  return (
    <>
      {can('org:manage') && (
        <section class="card">
          <h2>{t('org.exportar')}</h2>
          <p class="soft">{t('org.exportar-texto')}</p>
          <Export />
        </section>
      )}
      {can('org:own') && <Transfer />}
      {can('org:own') && <Wipe />}
    </>
  );
}

/** The archive, with the bytes that have come; how many it will be the platform does not know either. */
function Export() {
  const ending = useSignal<AbortController | undefined>(undefined);
  const got = useSignal(0);
  const act = useAct();
  const take = async (signal: AbortSignal): Promise<void> => {
    const file = await download(people.exportUrl, { onBytes: (bytes) => (got.value = bytes), signal }).catch(
      (error: unknown) => {
        if (!signal.aborted) throw error;
      },
    );
    if (file) saveFile(file, `${session.value?.org ?? 'yaguts'}.ndjson.gz`);
  };
  const begin = (): void => {
    got.value = 0;
    const controller = new AbortController();
    ending.value = controller;
    void act.run(() => take(controller.signal)).then(() => (ending.value = undefined));
  };
  return (
    <>
      {act.problem.value && <Fault problem={act.problem.value} again={begin} />}
      {act.isBusy.value && (
        <div class="stack" role="status">
          <progress aria-label={t('org.exportar')} />
          <small class="num">{t('org.exportando', { bytes: bytesText(got.value) })}</small>
        </div>
      )}
      <div class="row">
        <button type="button" class="btn" disabled={act.isBusy.value} onClick={begin}>
          <Icon name="download" />
          {t('org.exportar-baixar')}
        </button>
        {act.isBusy.value && (
          <button type="button" class="btn quiet" onClick={() => ending.value?.abort()}>
            {t('acao.cancelar')}
          </button>
        )}
      </div>
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
