import { useSignal } from '@preact/signals';
import { installation } from '../../api/installation.ts';
import { t } from '../../i18n/t.ts';
import { useAct } from '../../ui/act.ts';
import { TextField } from '../../ui/field.tsx';
import { linkTo, OneTimeLink } from '../../ui/one-time-link.tsx';
import { Fault } from '../../ui/states.tsx';

/** A link to a new password for an owner of any kitchen: nobody of theirs may make one. */
export function OwnerLink() {
  const user = useSignal('');
  const link = useSignal<string | undefined>(undefined);
  const act = useAct();
  return (
    <section class="card">
      <h2>{t('inst.dono-fora')}</h2>
      <p class="soft">{t('inst.dono-fora-texto')}</p>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          link.value = undefined;
          void act.run(async () => {
            link.value = linkTo('nova-senha', (await installation.ownerCode(user.value.trim())).code);
            user.value = '';
          });
        }}
      >
        <div class="field-wide">
          <TextField
            label={t('inst.dono')}
            value={user.value}
            onText={(text) => (user.value = text)}
            input={{ required: true, autoCapitalize: 'none', pattern: '[a-z0-9][a-z0-9\\-]{0,35}' }}
          />
        </div>
        <button type="submit" class="btn" disabled={act.isBusy.value || !user.value.trim()}>
          {t('pessoa.nova-senha')}
        </button>
      </form>
      {act.problem.value && <Fault problem={act.problem.value} />}
      {link.value && <OneTimeLink url={link.value} hint={t('pessoa.link-dica')} />}
    </section>
  );
}
