import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { api } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { session } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { TextField } from '../../ui/field.tsx';
import { takeCode } from '../../ui/one-time-link.tsx';
import { Fault } from '../../ui/states.tsx';

/** A new password in exchange for the one-time code of a reset link. */
export default function NovaSenha() {
  const { route } = useLocation();
  const code = useSignal('');
  const password = useSignal('');
  const act = useAct();
  useEffect(() => {
    code.value = takeCode() ?? '';
  }, []);
  return (
    <main class="center" id="conteudo">
      <header class="stack">
        <img src="/icons/yaguts.svg" alt="" width="64" height="64" />
        <h1>{t('conta.senha-nova')}</h1>
      </header>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void act.run(async () => {
            session.value = await api.resetPassword({ code: code.value, password: password.value });
            route('/', true);
          });
        }}
      >
        {act.problem.value && <Fault problem={act.problem.value} />}
        <TextField
          label={t('conta.senha-nova')}
          hint={t('primeiro.senha-dica')}
          value={password.value}
          onText={(text) => (password.value = text)}
          input={{ type: 'password', autoComplete: 'new-password', minLength: 10, required: true }}
        />
        <button type="submit" class="btn primary big" disabled={act.isBusy.value || !code.value}>
          {t('acao.salvar')}
        </button>
        {!code.value && <p class="soft">{t('convite.sem-codigo')}</p>}
      </form>
    </main>
  );
}
