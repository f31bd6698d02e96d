import { useSignal } from '@preact/signals';
import { useLocation } from 'preact-iso/router';
import { api } from '../../api/routes.ts';
import { type Key, t } from '../../i18n/t.ts';
import { session } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { TextField } from '../../ui/field.tsx';
import { LanguageSwitch } from '../../ui/language-switch.tsx';
import { Fault } from '../../ui/states.tsx';
import { idFrom } from './id-from.ts';

/** First run: the one-time code from the console makes the org and its first person. */
export default function PrimeiroUso() {
  const { route } = useLocation();
  const form = useSignal({ code: '', org_nome: '', nome: '', user: '', password: '' });
  const act = useAct();
  const set = (field: keyof typeof form.value) => (text: string) =>
    (form.value = { ...form.value, [field]: text });
  const { code, org_nome, nome, user, password } = form.value;
  const fault = (path: string) => act.problem.value?.faults.find((f) => f.path === path)?.message;
  const submit = async (): Promise<void> => {
    const fuso = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const org = idFrom(org_nome);
    session.value = await api.setup({
      code: code.trim(),
      org,
      org_nome,
      user: user || idFrom(nome),
      nome,
      password,
      fuso,
    });
    route('/', true);
  };
  const field = (name: keyof typeof form.value, label: Key, hint: Key, input = {}) => (
    <TextField
      label={t(label)}
      hint={t(hint)}
      fault={fault(name === 'org_nome' ? 'org' : name)}
      value={form.value[name]}
      onText={set(name)}
      input={{ required: name !== 'user', autoComplete: 'off', ...input }}
    />
  );
  return (
    <main class="center" id="conteudo">
      <header class="stack">
        <img src="/icons/yaguts.svg" alt="" width="64" height="64" />
        <h1>{t('primeiro.titulo')}</h1>
        <p class="soft">{t('primeiro.texto')}</p>
      </header>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void act.run(submit);
        }}
      >
        {act.problem.value && <Fault problem={act.problem.value} />}
        {field('code', 'primeiro.codigo', 'primeiro.codigo-dica', {
          autoCapitalize: 'none',
          spellcheck: false,
        })}
        {field('org_nome', 'primeiro.org', 'primeiro.org-dica')}
        {field('nome', 'primeiro.nome', 'primeiro.nome-dica', { autoComplete: 'name' })}
        {field('user', 'entrar.usuario', 'primeiro.usuario-dica', {
          autoComplete: 'username',
          autoCapitalize: 'none',
          pattern: '[a-z0-9][a-z0-9\\-]{0,35}',
          placeholder: idFrom(nome),
        })}
        {field('password', 'entrar.senha', 'primeiro.senha-dica', {
          type: 'password',
          minLength: 10,
          autoComplete: 'new-password',
        })}
        <button type="submit" class="btn primary big" disabled={act.isBusy.value}>
          {t('primeiro.criar')}
        </button>
        <a href="/entrar">{t('primeiro.ja-tenho')}</a>
      </form>
      <LanguageSwitch />
    </main>
  );
}
