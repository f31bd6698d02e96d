import { useSignal } from '@preact/signals';
import type { JobItemState, JobState } from '@yaguts/shared';
import { useEffect, useRef, useState } from 'preact/hooks';
import { decimal, duration, grams } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { isStale } from '../../store/conn.ts';
import { repetitionsOf } from '../../store/execution.ts';
import { devices, estoque, frascoId, itemId, poured, runningOn } from '../../store/kitchen.ts';
import { temperoColors } from '../../store/temperos.ts';
import { Icon } from '../../ui/icon.tsx';
import { Jar } from '../../ui/jar.tsx';
import { isEnded, itemError, jobProgress, jobWord, pouringNow_g } from '../../ui/job.ts';
import { Ticks } from '../../ui/ticks.tsx';
import { Actions } from './actions.tsx';
import { Details } from './details.tsx';
import { ItemAgain, RepeatCheck, type Repeating } from './repeat.tsx';

/** One job while it runs and after: complete for those who come late, the same in every tab. */
export function ExecutionView({ job }: { job: JobState }) {
  const device = devices.get(job.device).value?.body;
  const running = runningOn(job.device).value;
  const progress = jobProgress(job, running);
  const state = jobWord(job);
  const ended = isEnded(job);
  const barTone = !ended ? '' : job.status === 'done' ? 'ok' : job.status === 'done_partial' ? 'warn' : 'bad';
  const repeating = useSignal<{ readonly itens: Repeating } | undefined>(undefined);
  const repeat = (itens: Repeating): void => {
    repeating.value = { itens };
  };
  useWakeLock(!ended);
  return (
    <div class="stack execution">
      <p class="row">
        <span class={`chip ${state.tone}`}>{state.text}</span>
        <span>{device?.nome ?? job.device}</span>
        {job.multiplicador !== 1 && <span class="num">×{decimal(job.multiplicador, 3)}</span>}
        {job.posicao !== null && job.status === 'queued' && job.posicao > 0 && (
          <span>{t('fila.posicao', { n: job.posicao })}</span>
        )}
      </p>
      <progress class={barTone} value={ended ? 1 : progress.share} max={1} aria-label={t('exec.andamento')} />
      <p class="row between num">
        <span>{t('exec.contagem', { feitos: progress.done, n: progress.total })}</span>
        <span>
          {grams(progress.poured_g)} / {grams(progress.total_g)}
        </span>
        <span>{ended ? duration(jobMs(job)) : `~${duration(progress.remainingMs)}`}</span>
      </p>
      <ol class="items">
        {job.itens.map((item) => (
          <Item
            key={item.item_ordem}
            job={job}
            item={item}
            isCurrent={progress.current?.item_ordem === item.item_ordem}
            onRepeat={repeat}
          />
        ))}
      </ol>
      <Speaker text={spoken(job, progress.done, progress.total, progress.current)} />
      {!ended && isStale.value && (
        <p class="note warn">
          <Icon name="offline" />
          <span>{t('exec.sem-rede')}</span>
        </p>
      )}
      {job.sem_noticias && (
        <p class="note warn">
          <Icon name="wait" />
          <span>{t('exec.sem-noticias')}</span>
        </p>
      )}
      {job.motivo && (
        <p class="note">
          <Icon name="info" />
          <span>{word('motivo', job.motivo)}</span>
        </p>
      )}
      {job.fase === 'aguardando_aprovacao' && (
        <p class="note warn">
          <Icon name="aprovacoes" />
          <span>
            {t('exec.aguarda')} {job.espera.map((reason) => word('espera', reason)).join(', ')}
          </span>
        </p>
      )}
      {job.decidido_por && (
        <p class="note">
          <Icon name="aprovacoes" />
          <span>
            {t('exec.decidido', { quem: job.decidido_por })} {job.comentario}
          </span>
        </p>
      )}
      {repeating.value ? (
        <RepeatCheck
          key={JSON.stringify(repeating.value)}
          job={job}
          itens={repeating.value.itens}
          onBack={() => (repeating.value = undefined)}
        />
      ) : (
        <Actions job={job} device={device} onRepeat={repeat} />
      )}
      <Details job={job} />
    </div>
  );
}

const jobMs = (job: JobState): number | null =>
  job.iniciado_em !== null && job.terminado_em !== null ? job.terminado_em - job.iniciado_em : null;

interface ItemProps {
  readonly job: JobState;
  readonly item: JobItemState;
  readonly isCurrent: boolean;
  readonly onRepeat: (itens: Repeating) => void;
}

function Item({ job, item, isCurrent, onRepeat }: ItemProps) {
  const stock = estoque.get(frascoId(job.device, item.frasco)).value?.body;
  const now_g = pouringNow_g(job, runningOn(job.device).value, item.frasco);
  const first = poured.value.get(itemId(job.job_id, item.item_ordem));
  const isHeard = item.estado === 'pendente' && first !== undefined && first.seq === job.seq;
  return (
    <li aria-current={isCurrent ? 'step' : undefined}>
      <Jar
        size="small"
        frasco={item.frasco}
        tempero={item.tempero}
        saldo_g={(stock?.saldo_g ?? 0) - now_g}
        desejado_g={stock?.desejado_g ?? null}
        minimo_g={stock?.minimo_g ?? 0}
        cor={temperoColors.value.get(item.tempero)}
        isPouring={isCurrent && now_g > 0}
        isStale={isStale.value}
      />
      <div>
        <strong>{item.tempero}</strong> <span class="num">{grams(item.quantidade_g)}</span>
        {item.critico && <span class="chip">{t('receita.critico')}</span>}
        <br />
        <small class="num">
          {item.segundos !== null
            ? duration(item.segundos * 1_000)
            : isHeard
              ? duration(first.segundos * 1_000)
              : duration(item.ms)}
        </small>
      </div>
      <div>
        {item.estado === 'done' && <Ticks saved />}
        {isHeard && first.status === 'done' && <Ticks saved={false} />}
        {(item.estado === 'failed' || (isHeard && first.status === 'failed')) && (
          <span class="chip bad">
            <Icon name="bad" />
            {itemError(item.error ?? first?.error ?? null)}
          </span>
        )}
        {item.tardio && <span class="chip warn">{t('job.tardio')}</span>}
        {item.estado === 'pendente' && !isHeard && (
          <span class={isCurrent ? 'chip live' : 'soft'}>
            {t(isCurrent ? (job.fase === 'pausado' ? 'job.pausado' : 'job.dispensando') : 'exec.espera')}
          </span>
        )}
      </div>
      <ItemAgain
        job={job}
        item={item}
        repetition={repetitionsOf(job.job_id).value?.find((one) => one.item_ordem === item.item_ordem)}
        onRepeat={onRepeat}
      />
    </li>
  );
}

function spoken(job: JobState, done: number, total: number, current: JobItemState | undefined): string {
  const head = `${jobWord(job).text}, ${t('exec.contagem', { feitos: done, n: total })}`;
  return current ? `${head}, ${current.tempero}` : head;
}

/** The one polite region: at most one sentence every two seconds, always the last. */
function Speaker({ text }: { text: string }) {
  const [said, say] = useState(text);
  const last = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, last.current + 2_000 - Date.now());
    const timer = setTimeout(() => {
      last.current = Date.now();
      say(text);
    }, wait);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <p class="hidden" aria-live="polite">
      {said}
    </p>
  );
}

/** The tablet stays awake while a job runs; refused (battery) it simply sleeps. */
function useWakeLock(isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted || !('wakeLock' in navigator)) return;
    let lock: WakeLockSentinel | undefined;
    let isOver = false;
    void navigator.wakeLock.request('screen').then(
      (got) => {
        if (isOver) void got.release();
        else lock = got;
      },
      () => {},
    );
    return () => {
      isOver = true;
      void lock?.release();
    };
  }, [isWanted]);
}
