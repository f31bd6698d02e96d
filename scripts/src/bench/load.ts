import { encode, type JobDocument, type JobItem } from '@yaguts/shared';

/** What a device of the load generator tells. */
export interface LoadEvents {
  /** One entry was acked: by our own `ack`, or on a bare broker by its PUBACK. */
  readonly acked: (latencyMs: number) => void;
  /** An entry is about to be published. */
  readonly sent?: (job_id: number, item_ordem: number) => void;
  /** Something that must not happen: a refusal, a report put aside, a closed connection. */
  readonly failed: (error: Error) => void;
}

/** One connection of the load generator. */
export interface LoadDevice {
  /** Sends the next entry now, if there is one. */
  sendOne(): boolean;
  /** From now on keeps so many entries unacked. */
  open(window: number): void;
  close(): void;
}

/** A job whose entries are to be sent. */
export type LoadJob = Pick<JobDocument, 'job_id' | 'seq' | 'token'> & {
  readonly itens: readonly Pick<JobItem, 'item_ordem' | 'frasco' | 'tempero' | 'quantidade_g' | 'ms'>[];
};

/** An entry as a dispenser sends it. */
export function entryOf({ job_id, seq, token, itens }: LoadJob, item_ordem: number): string {
  const item = itens[item_ordem - 1];
  if (!item) throw new RangeError(`job ${job_id} has no item ${item_ordem}`);
  const { frasco, tempero, quantidade_g, ms } = item;
  return encode('jobLog', {
    v: 1,
    job_id,
    seq,
    token,
    item_ordem,
    frasco,
    tempero,
    quantidade_g,
    segundos: ms / 1_000,
    status: 'done',
    error: null,
    boot_id: '0001',
    uptime_ms: 81_234,
    ts: null,
  });
}
