import type { Problem } from '@yaguts/shared';

/** A problem document that an api answered with, as an error. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly problem: Partial<Problem>;

  constructor(method: string, path: string, status: number, problem: Partial<Problem>) {
    super(`${method} ${path}: ${status} ${problem.code ?? ''} ${problem.detail ?? ''}`.trim());
    this.status = status;
    this.problem = problem;
  }
}

/** A person's way to the api: JSON with either a session cookie or a token, as a browser or curl has it. */
export interface HttpClient {
  /** @throws HttpProblem for every answer that is not 2xx */
  call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<T>;
  /** The same client with `Authorization: Bearer token`. */
  withToken(token: string): HttpClient;
}

/**
 * @param origin such as http://127.0.0.1:8080; requests carry it as Origin, as a page of it would
 */
export function httpClient(origin: string, auth: { cookie?: string; token?: string } = {}): HttpClient {
  let cookie = auth.cookie;
  return {
    withToken: (token) => httpClient(origin, { token }),
    async call<T>(
      method: string,
      path: string,
      body?: unknown,
      extra: Record<string, string> = {},
    ): Promise<T> {
      const headers: Record<string, string> = { origin, ...extra };
      if (auth.token) headers.authorization = `Bearer ${auth.token}`;
      else if (cookie) headers.cookie = cookie;
      if (body !== undefined) headers['content-type'] = 'application/json';
      const response = await fetch(origin + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const set = response.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '');
      if (set.length > 0) cookie = set.join('; ');
      const text = await response.text();
      const json = text === '' ? undefined : (JSON.parse(text) as unknown);
      if (!response.ok)
        throw new HttpProblem(method, path, response.status, (json ?? {}) as Partial<Problem>);
      return json as T;
    },
  };
}
