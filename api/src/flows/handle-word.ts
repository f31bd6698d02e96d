import type { ReportOrigin } from '../store/entries.ts';
import type { FlowDeps } from './deps.ts';
import { publishJob } from './project.ts';

/** Ticks come up to four a second; the database hears of a device's life this often. */
const everyMs = 20_000;

export type HandleWord = (origin: ReportOrigin, about: 'device' | 'job') => Promise<void>;

/** Any word of a device shows that it lives, and its running job is not without news. */
export function createHandleWord(deps: FlowDeps): HandleWord {
  const last = new Map<string, number>();
  return async (origin, about) => {
    const { org, device, at } = origin;
    const key = `${org}/${device}/${about}`;
    const before = last.get(key);
    if (before !== undefined && at - before < everyMs) return;
    last.set(key, at);
    const job = await deps.store.takeWord(origin, about);
    if (job) await publishJob(deps, org, [job.job_id]);
  };
}
