import { useSignal } from '@preact/signals';
import type { ItemRepetition, JobItemState, JobPreview, JobState } from '@yaguts/shared';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import { newKey } from '../../api/http.ts';
import { api } from '../../api/routes.ts';
import { grams } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { isFresh } from '../../store/conn.ts';
import { showBegun, shownJob } from '../../store/execution.ts';
import { can } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { Icon } from '../../ui/icon.tsx';
import { isEnded } from '../../ui/job.ts';
import { Fault, Skeleton } from '../../ui/states.tsx';
import { PreviewView } from '../receitas/preview.tsx';

/** Items to repeat; undefined: everything that may be. */
export type Repeating = readonly number[] | undefined;

/** Before a repetition: what each frasco gives and what stands in the way, as before any other run; one confirm. */
export function RepeatCheck({
  job,
  itens,
  onBack,
}: {
  job: Pick<JobState, 'job_id'>;
  itens: Repeating;
  onBack: () => void;
}) {
  const preview = useSignal<JobPreview | undefined>(undefined);
  const asking = useAct();
  const act = useAct();
  // One key for as long as this stands: a second tap is the same act, not a second job.
  const key = useMemo(newKey, []);
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const ask = () =>
    void asking.run(async () => void (preview.value = await api.previewRetry(job.job_id, itens)));
  useEffect(ask, [isFresh.value]);
  useEffect(() => heading.current?.focus(), []);
  const repeat = async (): Promise<void> => {
    const made = await api.retry(job.job_id, itens, key);
    onBack();
    showBegun(made.job_id);
  };
  const it = preview.value;
  return (
    <section class="stack no-print" aria-labelledby={id}>
      <h3 id={id} ref={heading} tabIndex={-1}>
        {t('repetir.confira')}
      </h3>
      {asking.problem.value && <Fault problem={asking.problem.value} again={ask} />}
      {it ? <PreviewView preview={it} /> : !asking.problem.value && <Skeleton rows={1} />}
      {act.problem.value && <Fault problem={act.problem.value} />}
      {!isFresh.value && <p class="soft">{t('rodar.sem-conexao')}</p>}
      <div class="row end confirm">
        <button type="button" class="btn" onClick={onBack}>
          {t('acao.voltar')}
        </button>
        <button
          type="button"
          class="btn primary grow"
          disabled={!it?.pode || act.isBusy.value || !isFresh.value}
          onClick={() => void act.run(repeat)}
        >
          <Icon name="retry" />
          {it && it.na_frente > 0
            ? t('rodar.por-na-fila', { gramas: grams(it.total_g) })
            : t('repetir.confirmar', { gramas: it ? grams(it.total_g) : '' })}
        </button>
      </div>
    </section>
  );
}

/** What became of an item that was not poured: where it was tried again, and its own button or why it has none. */
export function ItemAgain({
  job,
  item,
  repetition,
  onRepeat,
}: {
  job: JobState;
  item: JobItemState;
  repetition: ItemRepetition | undefined;
  onRepeat: (itens: Repeating) => void;
}) {
  const reason = useId();
  if (!isEnded(job) || item.estado === 'done' || !repetition) return null;
  const { motivo, em } = repetition;
  const mayRepeat = can('jobs:create');
  if (em.length === 0 && !mayRepeat) return null;
  const why = motivo ? word('nao-repete', motivo) : isFresh.value ? '' : t('rodar.sem-conexao');
  return (
    <div class="row item-foot">
      {em.map((made) => (
        <small key={`${made.job_id}/${made.item_ordem}`} class="num grow">
          <a href={`/execucoes/${made.job_id}`} onClick={() => (shownJob.value = null)}>
            {t('repetir.em', { n: String(made.job_id) })}
          </a>{' '}
          · {grams(made.quantidade_g)} · {word('repetido', made.estado)}
        </small>
      ))}
      {mayRepeat && (
        <>
          {why && (
            <small id={reason} class="soft grow">
              {why}
            </small>
          )}
          <button
            type="button"
            class="btn no-print"
            disabled={why !== ''}
            aria-describedby={why ? reason : undefined}
            aria-label={`${t('repetir.frasco')}: ${item.tempero}`}
            onClick={() => onRepeat([item.item_ordem])}
          >
            <Icon name="retry" />
            {t('repetir.frasco')}
          </button>
        </>
      )}
    </div>
  );
}
