import { useSignal } from '@preact/signals';
import { type Permission, permissionsOf } from '@yaguts/shared';
import { people } from '../../api/people.ts';
import type { UserRow } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { useAct } from '../../ui/act.ts';
import { PermissionSet } from '../../ui/permission-set.tsx';
import { Fault } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';

/** A person's own set of permissions instead of their role's. Saving logs them out everywhere. */
export function OwnSet({ person, onChanged }: { person: UserRow; onChanged: () => void }) {
  const hasOwn = person.permissoes.length > 0;
  const chosen = useSignal<readonly Permission[]>(hasOwn ? person.permissoes : permissionsOf[person.role]);
  const act = useAct();
  const save = (set: readonly Permission[]) =>
    void act.run(async () => {
      await people.saveSet(person.user, set);
      toast(t('acao.salvo'));
      onChanged();
    });
  // An owner may do everything; there is nothing to choose.
  if (person.role === 'dono') return null;
  return (
    <details>
      <summary>
        {t('pessoa.permissoes')} {hasOwn && <span class="chip">{t('pessoa.permissoes-proprias')}</span>}
      </summary>
      <p class="soft">{t('pessoa.permissoes-dica')}</p>
      <PermissionSet
        legend={t('pessoa.permissoes')}
        chosen={chosen.value}
        onChosen={(next) => (chosen.value = next(chosen.value))}
        isDisabled={act.isBusy.value}
      />
      {act.problem.value && <Fault problem={act.problem.value} />}
      <div class="row">
        <button
          type="button"
          class="btn"
          disabled={act.isBusy.value || chosen.value.length === 0}
          onClick={() => save(chosen.value)}
        >
          {t('acao.salvar')}
        </button>
        {hasOwn && (
          <button type="button" class="btn quiet" disabled={act.isBusy.value} onClick={() => save([])}>
            {t('pessoa.permissoes-do-papel')}
          </button>
        )}
      </div>
    </details>
  );
}
