import { dropEntryKey } from '../proof/drop-entry-key.ts';
import { forgetIntents } from '../proof/forget-intents.ts';
import { createNaiveSettle } from '../proof/naive-settle.ts';
import type { SeedControl } from './control-list.ts';
import { clientOf } from './platform-life.ts';
import type { Breakage } from './story.ts';

/** How long an answer runs ahead of its commit. */
const lateMs = 60_000;

/** Each breaks one rule of the product and nothing else; none of it is reachable from the product. */
export const breakages: Readonly<Record<SeedControl['name'], Breakage>> = {
  'ack before commit': {
    breakStore: (store) => ({
      ...store,
      async settleEntry(origin, entry) {
        setTimeout(() => void store.settleEntry(origin, entry), lateMs);
        return { kind: 'repeat' };
      },
    }),
  },
  'no unique key on execution_logs': {
    prepare: (database) => dropEntryKey(database),
    breakStore: (store, dir) => ({ ...store, settleEntry: createNaiveSettle(dir) }),
  },
  'idempotence by job status': {
    breakStore: (store) => ({
      ...store,
      async settleEntry(origin, entry) {
        const job = await store.jobState(origin.org, entry.job_id);
        const hasEnded = job !== undefined && job.terminado_em !== null;
        return hasEnded ? { kind: 'repeat' } : store.settleEntry(origin, entry);
      },
    }),
  },
  'synchronous=NORMAL, power cut': {
    powerCuts: true,
    breakStore(store) {
      clientOf(store).pragma('synchronous = NORMAL');
      return store;
    },
  },
  'resume by count': {
    boardForgets(dir) {
      try {
        forgetIntents(dir);
      } catch {
        // Nothing was under way when this one lost power.
      }
    },
  },
};
