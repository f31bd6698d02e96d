import type { Link } from './link.ts';

type Log = (event: string, fields: Record<string, unknown>) => void;

/** What the broker tells about itself: counts by name, log events; and the net under its hooks. */
export class Report {
  readonly #counts: Record<string, number> = Object.create(null);
  readonly #log: Log | undefined;

  constructor(log: Log | undefined) {
    this.#log = log;
  }

  count(name: string): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
  }

  counts(): Record<string, number> {
    return { ...this.#counts };
  }

  /** One event in the past tense, with the ids of the connection; payloads and secrets are never fields. */
  log(event: string, link: Link | undefined, fields: Record<string, unknown> = {}): void {
    try {
      this.#log?.(event, { ...idsOf(link), ...fields });
    } catch {
      // A log that fails must not take the connection with it.
    }
  }

  /** Runs what must not throw into aedes: a throw inside a hook would end the process. */
  guarded<T>(hook: string, run: () => T, otherwise: T): T {
    try {
      return run();
    } catch (error) {
      this.failed(hook, error);
      return otherwise;
    }
  }

  /** Something threw that should not have. */
  failed(hook: string, error: unknown): void {
    this.count('hook_failures');
    this.log('hook_failed', undefined, { hook, error: messageOf(error) });
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function idsOf(link: Link | undefined): Record<string, unknown> {
  if (!link) return {};
  const { principal, clientId, address } = link;
  return { client_id: clientId.slice(0, 128), credential: principal?.credential, address };
}
