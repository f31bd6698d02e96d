import type { SimulateIn } from '@yaguts/shared';
import type { Config } from '../config.ts';
import type { IdentityDeps } from '../flows/identity-deps.ts';
import type { Vault } from '../identity/sealer.ts';
import type { Log } from '../log.ts';
import type { Storage } from '../store/disk.ts';

/** Live connections, for the platform operator (the names are the user's own). */
export interface ConnectionStats {
  readonly totalClients: number;
  readonly organizationsConnected: number;
  readonly clientsByOrg: Readonly<Record<string, number>>;
}

/** Whether the platform can do its work, and what of it cannot. */
export interface Readiness {
  readonly ok: boolean;
  /** One line per part: `ok`, or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Runs a job of an org on a simulated dispenser; exists in development and demo only. */
export type Simulate = (org: string, input: SimulateIn & { device?: string }) => Promise<unknown>;

/** What the HTTP app is given beside what flows are given. */
export interface HttpDeps extends IdentityDeps {
  readonly log: Log;
  readonly settings: Config;
  readonly vault: Vault;
  readonly stats: () => ConnectionStats;
  readonly ready: () => Promise<Readiness>;
  /** Resolves when every event told so far can be read. */
  readonly flushEvents: () => Promise<void>;
  /** Sizes and ages of what is on the disk, for /metrics. */
  readonly storage?: () => Promise<Storage & { readonly backupAgeMs?: number }>;
  /** Counters of the broker for /metrics, by name. */
  readonly counters?: () => Readonly<Record<string, number>>;
  /** Build output of the web; without it pages answer 404. */
  readonly webDir?: string;
  readonly simulate?: Simulate;
}
