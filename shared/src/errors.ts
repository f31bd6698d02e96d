/**
 * Every failure a caller can be told about: HTTP status and a plain English title. The web translates the
 * code; the title serves curl, logs and the MQTT answer on `users/{user}/res/{op}`.
 */
export const errorTable = {
  invalid: { status: 422, title: 'The request has faults; each is listed in errors' },
  bad_json: { status: 400, title: 'The body is not a JSON object in UTF-8' },
  unsupported_media: { status: 415, title: 'Send Content-Type: application/json' },
  too_large: { status: 413, title: 'The body is larger than this route takes' },
  unauthorized: { status: 401, title: 'Log in, or send a valid credential' },
  login_failed: { status: 401, title: 'User or password is wrong' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  cross_origin: { status: 403, title: 'A request with a cookie must come from the same origin' },
  not_found: { status: 404, title: 'There is nothing of that name here' },
  method_not_allowed: { status: 405, title: 'This path does not take that method' },
  conflict: { status: 409, title: 'It contradicts what is stored' },
  already_exists: { status: 409, title: 'Something of that name exists already' },
  stale: { status: 409, title: 'Somebody changed it meanwhile; read it again' },
  idempotency_reuse: { status: 422, title: 'This Idempotency-Key was used for another request' },
  setup_done: { status: 409, title: 'First-run setup is finished; log in instead' },
  setup_code: { status: 403, title: 'The first-run code is wrong or has expired' },
  terminal: { status: 409, title: 'The job has ended; it can no longer change' },
  not_retryable: { status: 409, title: 'Only an ended job with items that are not done can be repeated' },
  sem_dispensador: { status: 422, title: 'Name a device: there is not exactly one that could run this' },
  sem_frasco: { status: 422, title: 'No frasco of this device holds one of the temperos' },
  sem_calibracao: { status: 422, title: 'A frasco has no calibration yet' },
  estoque_insuficiente: { status: 422, title: 'The estoque does not hold enough' },
  passo_longo: { status: 422, title: 'One frasco would run longer than 180 s' },
  passo_curto: { status: 422, title: 'It is less than the frasco can pour in one run' },
  job_grande: { status: 422, title: 'The job does not fit the device' },
  multiplicador: { status: 422, title: 'The multiplicador is out of range' },
  fila_vazia: { status: 409, title: 'No job is waiting in this queue' },
  ocupado: { status: 409, title: 'The device is busy' },
  dispensador_offline: { status: 409, title: 'The device is not connected' },
  dispensador_revogado: { status: 409, title: 'The device has no valid credential' },
  rate_limited: { status: 429, title: 'Too many requests; wait as Retry-After says' },
  disco_cheio: { status: 503, title: 'The disk is nearly full; new jobs are refused' },
  unavailable: { status: 503, title: 'The platform is starting or stopping; try again' },
  timeout: { status: 504, title: 'No answer in time; it may still come' },
  internal: { status: 500, title: 'Something failed inside; the request id finds it in the log' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorTable;

/** One fault of a request: where, and what to do about it. */
export interface Fault {
  readonly path: string;
  readonly message: string;
  /** A stable word where a program should tell faults apart. */
  readonly code?: string;
}

/** An expected failure. Everything else that is thrown is `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];
  readonly retryAfterS: number | undefined;

  /**
   * @param code   a key of {@link errorTable}
   * @param detail one sentence for the person: what happened and what to do
   */
  constructor(
    code: ErrorCode,
    detail?: string,
    options: { faults?: readonly Fault[]; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(
      detail ?? errorTable[code].title,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'AppError';
    this.code = code;
    this.faults = options.faults ?? [];
    this.retryAfterS = options.retryAfterS;
  }

  get status(): number {
    return errorTable[this.code].status;
  }
}

/** RFC 9457 `application/problem+json`, with the stable `code`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly instance?: string;
  readonly request_id?: string;
  /** Seconds until another try makes sense: over MQTT what HTTP says by `Retry-After`. */
  readonly retry_after_s?: number;
  readonly errors?: readonly Fault[];
}

/** The problem document of any thrown value; unknown ones say nothing of their cause. */
export function problemOf(error: unknown, context: { instance?: string; request_id?: string } = {}): Problem {
  const known = error instanceof AppError ? error : new AppError('internal');
  const { status, title } = errorTable[known.code];
  return {
    type: `urn:yaguts:problem:${known.code}`,
    title,
    status,
    code: known.code,
    detail: known.message,
    ...context,
    ...(known.retryAfterS === undefined ? {} : { retry_after_s: Math.max(1, Math.ceil(known.retryAfterS)) }),
    ...(known.faults.length > 0 ? { errors: known.faults } : {}),
  };
}

/** Codes that open the `error` text of an entry. `recusado` is set by the api. */
export const entryErrorCodes = [
  'timeout',
  'rele',
  'interrompido',
  'cancelado',
  'expirado',
  'flash',
  'limite',
  'vazio',
  'abortado',
  'recusado',
] as const;
export type EntryErrorCode = (typeof entryErrorCodes)[number];

/** Why a device does not take an offer. */
export const offerRefusals = [
  'duplicado',
  'ocupado',
  'frasco',
  'limite',
  'tigela',
  'expirado',
  'invalido',
] as const;
export type OfferRefusal = (typeof offerRefusals)[number];

/** Why the api does not let a device start. */
export const startRefusals = ['terminado', 'diario_perdido', 'desconhecido', 'expirado'] as const;

/** Why a device refuses a command or a cancel. */
export const commandRefusals = [
  'ocupado',
  'expirado',
  'frasco',
  'limite',
  'terminado',
  'invalido',
  'rele',
  'flash',
] as const;

/** Why a report was put aside instead of stored. */
export const reportRejections = ['token', 'desconhecido', 'item', 'contradicao', 'ilegivel'] as const;

/** The code that opens an entry's error text, or undefined when it opens with none of ours. */
export function entryErrorCode(error: string | null): EntryErrorCode | undefined {
  const word = error?.split(/[^a-z_]/, 1)[0];
  return entryErrorCodes.find((code) => code === word);
}
