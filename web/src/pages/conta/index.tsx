import { useSignal } from '@preact/signals';
import { api } from '../../api/routes.ts';
import { t, word } from '../../i18n/t.ts';
import { prefs, setPrefs } from '../../store/prefs.ts';
import { logout, session } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { LanguageSwitch } from '../../ui/language-switch.tsx';
import { Page } from '../../ui/page.tsx';
import { Fault } from '../../ui/states.tsx';
import { Sessions } from './sessions.tsx';
import { Tokens } from './tokens.tsx';

/** What concerns oneself: language, theme, this screen's habits, password, tokens. */
export default function Conta() {
  const who = session.value;
  const it = prefs.value;
  const themes = [
    [undefined, t('conta.tema-sistema')],
    ['light', t('conta.tema-claro')],
    ['dark', t('conta.tema-escuro')],
  ] as const;
  const habit = (name: 'autoClose' | 'sound' | 'singleKeys' | 'kiosk', text: string) => (
    <label class="check">
      <input
        type="checkbox"
        checked={it[name]}
        onChange={(event) => setPrefs({ [name]: event.currentTarget.checked })}
      />
      {text}
    </label>
  );
  return (
    <Page title={t('nav.conta')}>
      <section class="card">
        <h2>{who?.nome}</h2>
        <p class="soft">
          <span class="mono">{who?.user}</span> · {who && word('papel', who.role)} · {who?.org_nome}
        </p>
        <div class="row">
          <button type="button" class="btn" onClick={() => void logout()}>
            <Icon name="logout" />
            {t('nav.sair')}
          </button>
        </div>
      </section>
      <section class="card">
        <h2>{t('conta.aparencia')}</h2>
        <LanguageSwitch />
        <fieldset class="seg" aria-label={t('conta.tema')}>
          {themes.map(([theme, text]) => (
            <button
              key={text}
              type="button"
              aria-pressed={it.theme === theme}
              onClick={() => setPrefs({ theme })}
            >
              {text}
            </button>
          ))}
        </fieldset>
        {habit('autoClose', t('conta.fecha-sozinho'))}
        {habit('sound', t('conta.som'))}
        {habit('singleKeys', t('conta.teclas'))}
        {habit('kiosk', t('conta.quiosque'))}
      </section>
      <Sessions />
      <Tokens />
      <Password />
    </Page>
  );
}

function Password() {
  const atual = useSignal('');
  const nova = useSignal('');
  const act = useAct();
  return (
    <details class="card">
      <summary>{t('conta.senha')}</summary>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          // Every session ends with the old password, this one too.
          void act.run(async () => {
            await api.changePassword(atual.value, nova.value);
            location.assign('/entrar');
          });
        }}
      >
        <p class="soft">{t('conta.senha-texto')}</p>
        <TextField
          label={t('conta.senha-atual')}
          value={atual.value}
          onText={(text) => (atual.value = text)}
          input={{ type: 'password', autoComplete: 'current-password', required: true }}
        />
        <TextField
          label={t('conta.senha-nova')}
          hint={t('primeiro.senha-dica')}
          value={nova.value}
          onText={(text) => (nova.value = text)}
          input={{ type: 'password', autoComplete: 'new-password', minLength: 10, required: true }}
        />
        {act.problem.value && <Fault problem={act.problem.value} />}
        <button type="submit" class="btn primary" disabled={act.isBusy.value}>
          {t('acao.salvar')}
        </button>
      </form>
    </details>
  );
}
