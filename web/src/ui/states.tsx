import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { HttpProblem } from '../api/http.ts';
import { ago } from '../i18n/numbers.ts';
import { type Key, t } from '../i18n/t.ts';
import type { WatchStatus } from '../live/watch.ts';
import { isFresh, link, now, staleSince } from '../store/conn.ts';
import { retryNow } from '../store/update.ts';
import { Icon } from './icon.tsx';
import { problemCode, problemText } from './problem.ts';

/** Nothing for 150 ms, then grey rows: what arrives at once must not flash. */
export function Skeleton({ rows = 3 }: { rows?: number }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="skeleton" role="status" aria-label={t('estado.carregando')}>
      {isLate && Array.from({ length: rows }, (_, i) => <i key={i} />)}
    </div>
  );
}

/** Nothing here yet, and the one thing to do about it. */
export function Empty({ text, children }: { text: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>{text}</p>
      {children}
    </div>
  );
}

export function Fault({ problem, again }: { problem: HttpProblem; again?: (() => void) | undefined }) {
  return (
    <div class="note bad" role="alert">
      <Icon name="warn" />
      <div class="grow">
        <p>{problemText(problem)}</p>
        <small>
          {t('erro.codigo')} <span class="mono">{problemCode(problem)}</span>
        </small>
      </div>
      {again && (
        <button type="button" class="btn" onClick={again}>
          <Icon name="retry" />
          {t('acao.tentar')}
        </button>
      )}
    </div>
  );
}

export function Forbidden({ what }: { what?: Key }) {
  return (
    <div class="note warn" role="status">
      <Icon name="aprovacoes" />
      <p>{t(what ?? 'estado.proibido')}</p>
    </div>
  );
}

/** Says that what is shown is old, how old, and that buttons wait. Shows nothing while the page is live. */
export function StaleNote() {
  const since = staleSince.value;
  if (isFresh.value || since === null) return null;
  return (
    <div class="note warn" role="status">
      <Icon name="offline" />
      <p class="grow">{t('estado.velho', { idade: ago(now.value - since) })}</p>
      {/* After a manual disconnect nothing is tried any more: a button would be a lie. */}
      {link.value.state !== 'closed' && (
        <button type="button" class="btn" onClick={retryNow}>
          {t('acao.agora')}
        </button>
      )}
    </div>
  );
}

interface PartProps {
  readonly status: WatchStatus;
  /** True when there is something to show already: it stays on screen whatever the status. */
  readonly has: boolean;
  readonly isEmpty?: boolean;
  readonly empty?: ComponentChildren;
  readonly again?: (() => void) | undefined;
  readonly rows?: number;
  readonly children: ComponentChildren;
}

/** One part of a page in each of its states; what was shown before is never replaced by less. */
export function Part({ status, has, isEmpty = false, empty, again, rows, children }: PartProps) {
  if (status.kind === 'forbidden') return <Forbidden />;
  if (!has && status.kind === 'loading') return <Skeleton {...(rows ? { rows } : {})} />;
  return (
    <>
      {status.kind === 'error' && <Fault problem={status.problem} again={again} />}
      {isEmpty ? status.kind !== 'error' && empty : children}
    </>
  );
}
