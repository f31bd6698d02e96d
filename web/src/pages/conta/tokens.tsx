import { useSignal } from '@preact/signals';
import type { Permission, TokenCreated, TokenRow } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { dateTime } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { PermissionSet } from '../../ui/permission-set.tsx';
import { Fault, Part } from '../../ui/states.tsx';

const day = 86_400_000;

/** Personal tokens for programs and mosquitto; each is shown once. */
export function Tokens() {
  const rows = useSignal<readonly TokenRow[] | undefined>(undefined);
  const made = useSignal<TokenCreated | undefined>(undefined);
  const nome = useSignal('');
  const life = useSignal('90');
  /** undefined: all that one may do, as it is at each use. */
  const part = useSignal<readonly Permission[] | undefined>(undefined);
  const act = useAct();
  const watched = useWatch('tokens', () => ({
    filters: [],
    fetch: async () => {
      rows.value = await api.tokens();
    },
  }));
  return (
    <section class="card">
      <h2>{t('token.titulo')}</h2>
      <p class="soft">{t('token.texto')}</p>
      <Part status={watched.status.value} has={rows.value !== undefined} again={watched.again}>
        <ul class="items loose">
          {rows.value?.map((row) => (
            <li key={row.id}>
              <Icon name="key" />
              <div>
                <strong>{row.nome}</strong>
                <br />
                <small class="num">
                  {t('token.usado')} {dateTime(row.usado_em, zone())} · {t('token.expira')}{' '}
                  {dateTime(row.expira_em, zone(), 'date')}
                </small>
                {row.permissoes.length > 0 && (
                  <>
                    <br />
                    <small>{row.permissoes.map((one) => word('permissao', one)).join(' · ')}</small>
                  </>
                )}
              </div>
              <button
                type="button"
                class="btn danger"
                disabled={act.isBusy.value}
                onClick={() => void act.run(() => api.revokeToken(row.id)).then(watched.again)}
              >
                {t('token.revogar')}
              </button>
            </li>
          ))}
        </ul>
      </Part>
      {made.value && (
        <div class="note warn stack">
          <p>{t('segredo.uma-vez')}</p>
          <p class="mono">
            {made.value.username}
            <br />
            {made.value.token}
          </p>
          <button type="button" class="btn" onClick={() => (made.value = undefined)}>
            {t('segredo.copiei')}
          </button>
        </div>
      )}
      {act.problem.value && <Fault problem={act.problem.value} />}
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          // An empty part would be everything: to the api it means "all that one may do".
          if (part.value?.length === 0) return;
          void act.run(async () => {
            const expira = life.value ? Date.now() + Number(life.value) * day : null;
            const permissoes = [...(part.value ?? [])];
            made.value = await api.addToken({ nome: nome.value.trim(), expira_em: expira, permissoes });
            nome.value = '';
            part.value = undefined;
            watched.again();
          });
        }}
      >
        <div class="row">
          <div class="grow">
            <TextField
              label={t('token.nome')}
              value={nome.value}
              onText={(text) => (nome.value = text)}
              input={{ required: true, maxLength: 64 }}
            />
          </div>
          <SelectField
            label={t('token.expira')}
            value={life.value}
            options={[
              ['30', t('token.dias', { n: 30 })],
              ['90', t('token.dias', { n: 90 })],
              ['365', t('token.dias', { n: 365 })],
              ['', t('token.nunca')],
            ]}
            onValue={(value) => (life.value = value)}
          />
          <SelectField
            label={t('token.permissoes')}
            value={part.value ? 'parte' : 'tudo'}
            options={[
              ['tudo', t('token.tudo')],
              ['parte', t('token.parte')],
            ]}
            onValue={(value) => (part.value = value === 'parte' ? [] : undefined)}
          />
        </div>
        {part.value && (
          <PermissionSet
            legend={t('token.permissoes')}
            chosen={part.value}
            onChosen={(next) => (part.value = next(part.value ?? []))}
            withOwning
          />
        )}
        <div class="row">
          <button
            type="submit"
            class="btn"
            disabled={act.isBusy.value || !nome.value.trim() || part.value?.length === 0}
          >
            <Icon name="plus" />
            {t('token.criar')}
          </button>
        </div>
      </form>
    </section>
  );
}
