import { useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { api } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { type Session, session } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { TextField } from '../../ui/field.tsx';
import { LanguageSwitch } from '../../ui/language-switch.tsx';
import { Fault } from '../../ui/states.tsx';
import { safeReturn } from './safe-return.ts';

export default function Entrar() {
  const { query, route } = useLocation();
  const user = useSignal('');
  const password = useSignal('');
  const [isFirstRun, setFirstRun] = useState(false);
  const act = useAct();

  const enter = (who: Session): void => {
    session.value = who;
    route(safeReturn(query.de), true);
  };
  useEffect(() => {
    // The one-time code stands in the fragment, which no server and no log ever sees; it leaves the address
    // bar before it is used.
    const code = new URLSearchParams(location.hash.slice(1)).get('code');
    if (code) {
      history.replaceState(null, '', location.pathname + location.search);
      void act.run(async () => enter(await api.loginWithCode(code)));
    } else {
      void api.setupNeeded().then(setFirstRun, () => {});
    }
  }, []);

  const problem = act.problem.value;
  return (
    <main class="center" id="conteudo">
      <header class="stack">
        <img src="/icons/yaguts.svg" alt="" width="64" height="64" />
        <h1>{t('entrar.titulo')}</h1>
        <p class="soft">{t('entrar.texto')}</p>
      </header>
      {isFirstRun && (
        <a class="btn primary big" href="/primeiro-uso">
          {t('entrar.primeiro-uso')}
        </a>
      )}
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void act.run(async () =>
            enter(await api.login({ user: user.value.trim(), password: password.value })),
          );
        }}
      >
        {problem && <Fault problem={problem} />}
        <TextField
          label={t('entrar.usuario')}
          value={user.value}
          onText={(text) => (user.value = text)}
          input={{ autoComplete: 'username', autoCapitalize: 'none', spellcheck: false, required: true }}
        />
        <TextField
          label={t('entrar.senha')}
          value={password.value}
          onText={(text) => (password.value = text)}
          input={{ type: 'password', autoComplete: 'current-password', required: true }}
        />
        <button type="submit" class="btn primary big" disabled={act.isBusy.value}>
          {t(act.isBusy.value ? 'entrar.entrando' : 'entrar.entrar')}
        </button>
      </form>
      <LanguageSwitch />
    </main>
  );
}
