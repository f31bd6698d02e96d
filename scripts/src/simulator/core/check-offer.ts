import { type ConfigDesired, decode, type JobDocument, limits, type OfferRefusal } from '@yaguts/shared';

export interface OfferIds {
  readonly job_id: number;
  readonly seq: number;
  readonly token: string;
}

export type OfferCheck =
  | { readonly kind: 'ok'; readonly job: JobDocument }
  | {
      readonly kind: 'refused';
      readonly offer: OfferIds;
      readonly code: OfferRefusal;
      readonly message: string;
    }
  /** Not even a job to refuse. */
  | { readonly kind: 'unreadable'; readonly message: string };

/** What a board can do; before a config came, all its outputs may run up to 180 s. */
export interface BoardLimits {
  readonly frascos: number;
  readonly config: ConfigDesired | undefined;
}

/** Reads an offer and holds it against the schema, the wire limits and this board's frascos. */
export function checkOffer(payload: Uint8Array, board: BoardLimits): OfferCheck {
  const decoded = decode('jobsNext', payload);
  if (!decoded.ok) {
    const fault = decoded.faults[0] ?? { path: '', message: 'unreadable' };
    return refuseByIds(payload, codeOfFault(payload, fault.path), `${fault.path} ${fault.message}`.trim());
  }
  const job = decoded.value;
  const fault = faultOfItens(job, board);
  if (!fault) return { kind: 'ok', job };
  return { kind: 'refused', offer: job, ...fault };
}

/** Why a frasco cannot run for so long, or undefined. Commands ask it as well. */
export function faultOfRun(
  frasco: number,
  ms: number,
  board: BoardLimits,
): { code: 'frasco' | 'limite'; message: string } | undefined {
  const configured = board.config?.frascos.find((row) => row.frasco === frasco);
  if (frasco > board.frascos || (board.config && !configured)) {
    return { code: 'frasco', message: `a placa não tem o frasco ${frasco}` };
  }
  const maxMs = configured?.max_ms ?? limits.maxStepMs;
  if (ms > maxMs) return { code: 'limite', message: `frasco ${frasco}: ${ms} ms, no máximo ${maxMs}` };
  return undefined;
}

function faultOfItens(
  job: JobDocument,
  board: BoardLimits,
): { code: OfferRefusal; message: string } | undefined {
  for (const [index, item] of job.itens.entries()) {
    if (item.item_ordem !== index + 1) {
      return { code: 'invalido', message: `item_ordem ${item.item_ordem} na posição ${index + 1}` };
    }
    const fault = faultOfRun(item.frasco, item.ms, board);
    if (fault) return fault;
  }
  return undefined;
}

function codeOfFault(payload: Uint8Array, path: string): OfferRefusal {
  if (payload.length > limits.maxJobBytes || path === 'itens' || /^itens\.\d+\.ms$/.test(path))
    return 'limite';
  return /^itens\.\d+\.frasco$/.test(path) ? 'frasco' : 'invalido';
}

/** A refusal must name the job; what is too broken to name one is only reported on the serial port. */
function refuseByIds(payload: Uint8Array, code: OfferRefusal, message: string): OfferCheck {
  try {
    const { job_id, seq, token } = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<
      string,
      unknown
    >;
    const ids = [job_id, seq].every((id) => Number.isSafeInteger(id) && Number(id) > 0);
    if (ids && typeof token === 'string' && /^[0-9a-f]{16}$/.test(token)) {
      const offer = { job_id: Number(job_id), seq: Number(seq), token };
      return { kind: 'refused', offer, code, message: message.slice(0, 200) };
    }
  } catch {
    // Not JSON: nothing to name.
  }
  return { kind: 'unreadable', message };
}
