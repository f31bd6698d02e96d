import type { ErrorCode, Fault, Problem } from '@yaguts/shared';

/** Every request of the panel; whole files go by `transfer.ts`. */

export type ProblemCode = ErrorCode | 'offline';

/** A failure a person can be told about; `code` has its text in the catalogues as `erro.{code}`. */
export class HttpProblem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly faults: readonly Fault[];
  readonly requestId: string | undefined;
  readonly retryAfterS: number | undefined;

  constructor(code: ProblemCode, problem: Partial<Problem> = {}, retryAfterS?: number) {
    super(problem.detail ?? code);
    this.name = 'HttpProblem';
    this.code = code;
    this.status = problem.status ?? 0;
    this.faults = problem.errors ?? [];
    this.requestId = problem.request_id;
    this.retryAfterS = retryAfterS;
  }
}

export interface RequestOptions {
  readonly body?: unknown;
  /** Same key, same act: give it when a person's one tap may be sent several times. */
  readonly key?: string;
  /** The version that was read: a write over a newer one is refused as `stale`. */
  readonly ifMatch?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
const listeners = new Set<() => void>();
/** Called when the platform says that nobody is logged in any more. */
export const onUnauthorized = (listener: () => void): void => {
  listeners.add(listener);
};

/**
 * One request to the api with the session's cookie.
 *
 * @returns the parsed JSON answer, undefined for an empty one
 * @throws HttpProblem always: `offline` when nobody answered, `timeout` after `timeoutMs` (10 s)
 */
export async function request<T = void>(
  method: Method,
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  // A POST with a cookie must be JSON even when it says nothing: that is the api's guard against forms.
  const json = options.body ?? (method === 'POST' ? {} : undefined);
  const body = json === undefined ? null : JSON.stringify(json);
  if (body !== null) headers['content-type'] = 'application/json';
  if (method === 'POST') headers['idempotency-key'] = options.key ?? crypto.randomUUID();
  if (options.ifMatch !== undefined) headers['if-match'] = `"${options.ifMatch}"`;
  const deadline = AbortSignal.timeout(options.timeoutMs ?? 10_000);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      body,
      signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new HttpProblem(deadline.aborted ? 'timeout' : 'offline');
  }
  if (response.ok) return (await bodyOf(response)) as T;
  const problem = await problemFrom(response);
  if (problem.code === 'unauthorized') for (const listener of listeners) listener();
  throw problem;
}

/** A key for one act of a person, kept while it is tried again. */
export const newKey = (): string => crypto.randomUUID();

/** `?a=1&b=2` of what is given; empty, null and undefined are left out. */
export function query(params: Readonly<Record<string, string | number | null | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's html page with status 200 is not an answer of ours.
    throw new HttpProblem('unavailable', { status: response.status });
  }
}

/** What a refusal says. */
export const problemFrom = async (response: Response): Promise<HttpProblem> =>
  problemOf(response.status, await response.text().catch(() => ''), response.headers.get('retry-after'));

/** A refusal by its parts; one that is not ours (a proxy speaks) is told by its status. */
export function problemOf(status: number, body: string, retryAfter: string | null): HttpProblem {
  const seconds = Number(retryAfter ?? Number.NaN);
  const retryAfterS = Number.isFinite(seconds) ? seconds : undefined;
  try {
    const problem = JSON.parse(body) as Problem;
    if (typeof problem.code === 'string') return new HttpProblem(problem.code, problem, retryAfterS);
  } catch {
    // Not JSON, so not ours.
  }
  const code = status === 401 ? 'unauthorized' : status === 404 ? 'not_found' : 'unavailable';
  return new HttpProblem(code, { status }, retryAfterS);
}
