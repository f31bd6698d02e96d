import { type Breakage, playStory, type StoryResult } from './story.ts';
import { makeTemplate } from './template.ts';

export interface Campaign {
  readonly from: number;
  readonly count: number;
  readonly breakage?: Breakage | undefined;
  /** Ends at the first seed that fails. */
  readonly untilFault?: boolean;
  /** Which faults count; all of them when left out. */
  readonly isFault?: (fault: string) => boolean;
  readonly onTrace?: ((line: string) => void) | undefined;
  readonly onStory?: (result: StoryResult) => void;
}

export interface Totals {
  seeds: number;
  steps: number;
  kills: number;
  cuts: number;
  jobs: number;
  entries: number;
  acks: number;
  virtualMs: number;
  /** Processor time of this process. */
  cpuMs: number;
  /** The digest of each story. */
  readonly hashes: Map<number, string>;
  readonly failed: StoryResult[];
}

/** Plays the stories of so many seeds, one after the other. */
export async function runCampaign(campaign: Campaign): Promise<Totals> {
  const { from, count, breakage, untilFault = false, onTrace } = campaign;
  const { isFault = () => true, onStory = () => {} } = campaign;
  const began = process.cpuUsage();
  const template = await makeTemplate();
  const totals: Totals = {
    ...{ seeds: 0, steps: 0, kills: 0, cuts: 0, jobs: 0, entries: 0, acks: 0, virtualMs: 0, cpuMs: 0 },
    ...{ hashes: new Map(), failed: [] },
  };
  // What lies in memory would stay there until the machine is started again.
  const giveUp = (): never => {
    template.remove();
    process.exit(130);
  };
  process.once('SIGINT', giveUp).once('SIGTERM', giveUp);
  try {
    for (let seed = from; seed < from + count; seed++) {
      const result = await playStory({ seed, template, breakage, onTrace });
      totals.seeds++;
      for (const name of ['steps', 'kills', 'cuts', 'jobs', 'entries', 'acks', 'virtualMs'] as const) {
        totals[name] += result[name];
      }
      totals.hashes.set(seed, result.hash);
      if (result.faults.some(isFault)) totals.failed.push(result);
      onStory(result);
      if (untilFault && totals.failed.length > 0) break;
    }
  } finally {
    process.off('SIGINT', giveUp).off('SIGTERM', giveUp);
    template.remove();
  }
  const { user, system } = process.cpuUsage(began);
  totals.cpuMs = (user + system) / 1_000;
  return totals;
}
