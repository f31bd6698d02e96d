import { request } from './http.ts';

/** The one route that the shell itself calls: it stands apart so that the others arrive with the pages. */
export const stopAll = (key: string): Promise<void> =>
  request('POST', '/api/stop', { key, timeoutMs: 2_000 });
