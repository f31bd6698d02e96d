import type { JobAck } from '@yaguts/shared';
import type { Publish } from './deps.ts';

/** Where an ack goes and whose job it names; reports that were put aside are acked with their own token. */
export interface AckTo {
  readonly org: string;
  readonly device: string;
  readonly job_id: number;
  readonly token: string;
}
export interface AckWord {
  readonly itens?: readonly number[];
  readonly complete?: boolean;
  readonly rejected?: readonly { readonly item_ordem: number; readonly code: string }[];
}
export type SendAck = (to: AckTo, word: AckWord) => void;

/**
 * Acks what has been committed. Words for the same job that come in one turn of the event loop (one commit
 * batch) go out as one message.
 */
export function createAcks(publish: Publish): SendAck {
  const waiting = new Map<string, { to: AckTo; word: JobAck }>();
  const flush = (): void => {
    const now = [...waiting.values()];
    waiting.clear();
    for (const { to, word } of now) publish('jobAck', to, word);
  };
  return (to, { itens = [], complete = false, rejected = [] }) => {
    const key = `${to.org}/${to.device}/${to.job_id}/${to.token}`;
    const before = waiting.get(key)?.word ?? { token: to.token, itens: [], complete: false };
    if (waiting.size === 0) setImmediate(flush);
    const aside = [...(before.rejected ?? []), ...rejected];
    const word: JobAck = {
      token: to.token,
      itens: [...new Set([...before.itens, ...itens])],
      complete: before.complete || complete,
      ...(aside.length > 0 ? { rejected: aside } : {}),
    };
    waiting.set(key, { to, word });
  };
}
