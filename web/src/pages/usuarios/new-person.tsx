import { useSignal } from '@preact/signals';
import { type Role, roles } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { t, word } from '../../i18n/t.ts';
import { useAct } from '../../ui/act.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Fault } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { idFrom } from '../primeiro-uso/id-from.ts';

const nobody = { nome: '', user: '', password: '', role: 'operador' as Role };

export function NewPerson({ onMade }: { onMade: () => void }) {
  const form = useSignal(nobody);
  const act = useAct();
  const set = (change: Partial<typeof nobody>): void => {
    form.value = { ...form.value, ...change };
  };
  const { nome, user, password, role } = form.value;
  return (
    <details class="card">
      <summary>{t('pessoa.nova')}</summary>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void act.run(async () => {
            await api.addUser({ nome, user: user || idFrom(nome), password, role });
            form.value = nobody;
            toast(t('acao.salvo'));
            onMade();
          });
        }}
      >
        {act.problem.value && <Fault problem={act.problem.value} />}
        <div class="grid">
          <TextField
            label={t('primeiro.nome')}
            value={nome}
            onText={(text) => set({ nome: text })}
            input={{ required: true }}
          />
          <TextField
            label={t('entrar.usuario')}
            hint={t('primeiro.usuario-dica')}
            value={user}
            onText={(text) => set({ user: text })}
            input={{
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
          <SelectField
            label={t('pessoa.papel')}
            hint={word('papel-dica', role)}
            value={role}
            options={roles.map((one) => [one, word('papel', one)])}
            onValue={(next) => set({ role: next as Role })}
          />
        </div>
        <button type="submit" class="btn primary" disabled={act.isBusy.value || !nome.trim()}>
          {t('pessoa.criar')}
        </button>
      </form>
    </details>
  );
}
