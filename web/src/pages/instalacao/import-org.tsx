import { useSignal } from '@preact/signals';
import type { ImportOut } from '@yaguts/shared';
import { installation } from '../../api/installation.ts';
import { bytes as bytesText, percent } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { useAct } from '../../ui/act.ts';
import { Field, TextField } from '../../ui/field.tsx';
import { Fault } from '../../ui/states.tsx';

/** Takes an org in from its archive: whole or not at all. */
export function ImportOrg({ onMade }: { onMade: () => void }) {
  const file = useSignal<File | undefined>(undefined);
  const org = useSignal('');
  const made = useSignal<ImportOut | undefined>(undefined);
  const share = useSignal(0);
  const act = useAct();
  const take = async (): Promise<void> => {
    if (!file.value) return;
    share.value = 0;
    made.value = undefined;
    made.value = await installation.importOrg(file.value, org.value, (next) => (share.value = next));
    onMade();
  };
  const renamed = Object.entries(made.value?.usuarios ?? {});
  return (
    <details>
      <summary>{t('orgs.importar')}</summary>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void act.run(take);
        }}
      >
        <p class="soft">{t('orgs.importar-texto')}</p>
        <div class="grid">
          <Field label={t('orgs.arquivo')} hint=".ndjson.gz">
            {(tie) => (
              <input
                class="input"
                type="file"
                accept=".gz,application/gzip"
                required
                {...tie}
                onChange={(event) => (file.value = event.currentTarget.files?.[0])}
              />
            )}
          </Field>
          <TextField
            label={t('orgs.outro-id')}
            hint={t('orgs.outro-id-dica')}
            value={org.value}
            onText={(text) => (org.value = text)}
            input={{ autoCapitalize: 'none', pattern: '[a-z0-9][a-z0-9\\-]{0,35}' }}
          />
        </div>
        {act.problem.value && <Fault problem={act.problem.value} />}
        {act.problem.value?.faults.map((fault) => (
          <p key={fault.path} class="mono">
            {fault.path} {fault.message}
          </p>
        ))}
        <button type="submit" class="btn" disabled={act.isBusy.value || !file.value}>
          {t('orgs.importar')}
        </button>
        {act.isBusy.value && <Sending share={share.value} bytes={file.value?.size ?? 0} />}
        {made.value && (
          <p class="note ok" role="status">
            {t('orgs.importada', { org: made.value.org, n: made.value.linhas })}
          </p>
        )}
        {renamed.map(([before, now]) => (
          <p key={before} class="mono">
            {before} → {now}
          </p>
        ))}
      </form>
    </details>
  );
}

/** How far the file is; once the platform has all of it, nobody can say how long it still works. */
function Sending({ share, bytes }: { share: number; bytes: number }) {
  const isSent = share >= 1;
  return (
    <div class="stack" role="status">
      <progress {...(isSent ? {} : { value: share, max: 1 })} aria-label={t('orgs.importar')} />
      <small class="num">
        {isSent
          ? t('orgs.conferindo')
          : t('orgs.enviando', { parte: percent(share, 0), total: bytesText(bytes) })}
      </small>
    </div>
  );
}
