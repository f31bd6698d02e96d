import { useSignal } from '@preact/signals';
import type { InviteLook } from '@yaguts/shared';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { api } from '../../api/routes.ts';
import { t, word } from '../../i18n/t.ts';
import { session } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { TextField } from '../../ui/field.tsx';
import { LanguageSwitch } from '../../ui/language-switch.tsx';
import { takeCode } from '../../ui/one-time-link.tsx';
import { Fault, Skeleton } from '../../ui/states.tsx';
import { idFrom } from '../primeiro-uso/id-from.ts';

/** An invitation opened: who invites into what, then name, user and password. */
export default function Convite() {
  const { route } = useLocation();
  const code = useSignal('');
  const invite = useSignal<InviteLook | undefined>(undefined);
  const form = useSignal({ nome: '', user: '', password: '' });
  const looking = useAct();
  const act = useAct();
  useEffect(() => {
    code.value = takeCode() ?? '';
    void looking.run(async () => {
      invite.value = await api.lookAtInvite(code.value);
      form.value = { ...form.value, nome: invite.value.nome };
    });
  }, []);
  const set = (change: Partial<typeof form.value>): void => {
    form.value = { ...form.value, ...change };
  };
  const { nome, user, password } = form.value;
  const it = invite.value;
  return (
    <main class="center" id="conteudo">
      <header class="stack">
        <img src="/icons/yaguts.svg" alt="" width="64" height="64" />
        <h1>{it ? t('convite.bem-vindo', { org: it.org_nome }) : t('convite.titulo-um')}</h1>
        {it && <p class="soft">{`${word('papel', it.role)}: ${word('papel-dica', it.role)}`}</p>}
      </header>
      {looking.problem.value && <Fault problem={looking.problem.value} />}
      {!it && !looking.problem.value && <Skeleton rows={1} />}
      {it && (
        <form
          class="card"
          onSubmit={(event) => {
            event.preventDefault();
            void act.run(async () => {
              session.value = await api.acceptInvite({
                code: code.value,
                nome,
                user: user || idFrom(nome),
                password,
              });
              route('/', true);
            });
          }}
        >
          {act.problem.value && <Fault problem={act.problem.value} />}
          <TextField
            label={t('primeiro.nome')}
            value={nome}
            onText={(text) => set({ nome: text })}
            input={{ required: true, autoComplete: 'name' }}
          />
          <TextField
            label={t('entrar.usuario')}
            hint={t('primeiro.usuario-dica')}
            value={user}
            onText={(text) => set({ user: text })}
            input={{
              autoComplete: 'username',
              autoCapitalize: 'none',
              placeholder: idFrom(nome),
              pattern: '[a-z0-9][a-z0-9\\-]{0,35}',
            }}
          />
          <TextField
            label={t('entrar.senha')}
            hint={t('primeiro.senha-dica')}
            value={password}
            onText={(text) => set({ password: text })}
            input={{ type: 'password', autoComplete: 'new-password', minLength: 10, required: true }}
          />
          <button type="submit" class="btn primary big" disabled={act.isBusy.value}>
            {t('convite.aceitar')}
          </button>
        </form>
      )}
      <LanguageSwitch />
    </main>
  );
}
