import { benchOrg } from './bench-kitchen.ts';
import { startChild } from './child.ts';
import { openEntryDevice } from './entry-device.ts';
import type { LoadJob } from './load.ts';
import { type Mosquitto, startMosquitto } from './mosquitto.ts';
import type { PlainWorkerQuestions } from './plain-worker.ts';
import { type LoadFigures, runLoad } from './run-load.ts';
import { itensPerJob, jobsEachOf, namesOf, pacing, type Scenario } from './scenarios.ts';

export interface PlainOptions {
  /** Where mosquitto lies. */
  readonly mosquitto: string;
  /** Whether the worker commits each entry, or acks and stores nothing. */
  readonly stores: boolean;
  /** For the worker's process alone. */
  readonly env?: NodeJS.ProcessEnv;
  /** Called when everything is set up, before the load. */
  readonly beforeLoad?: () => void;
}

/**
 * The load on mosquitto and a plain worker, from the same generator. CPU is that of both processes.
 *
 * @throws Error when the worker has not stored what it acked
 */
export async function measurePlain(scenario: Scenario, options: PlainOptions): Promise<LoadFigures> {
  let broker: Mosquitto | undefined;
  const worker = startChild<PlainWorkerQuestions>('plain-worker', options.env);
  try {
    const { port, cpuMs } = await startMosquitto(options.mosquitto).then((started) => {
      broker = started;
      return started;
    });
    await worker.ask('start', { port, stores: options.stores });
    options.beforeLoad?.();
    const jobsEach = jobsEachOf(scenario);
    const figures = await runLoad({
      ...pacing(scenario),
      entries: scenario.devices * jobsEach * itensPerJob,
      async usage() {
        const usage = await worker.ask('usage', null);
        return { ...usage, cpuMs: usage.cpuMs + cpuMs() };
      },
      connect: (events) =>
        Promise.all(
          namesOf(scenario).map((device, i) => {
            const at = { port, org: benchOrg, device, password: '-' };
            return openEntryDevice(at, jobsOf(i, jobsEach), events);
          }),
        ),
    });
    const stored = await worker.ask('stored', null);
    const wanted = options.stores ? figures.entries : 0;
    if (stored !== wanted) throw new Error(`the plain worker has stored ${stored} of ${wanted} entries`);
    return figures;
  } finally {
    await worker.stop();
    await broker?.stop();
  }
}

/** Jobs as the platform's: the same shape, so that messages have the same size. */
function jobsOf(device: number, count: number): LoadJob[] {
  return Array.from({ length: count }, (_, n) => {
    const job_id = 7_000_001 + device * count + n;
    return {
      job_id,
      seq: job_id,
      token: job_id.toString(16).padStart(16, '0'),
      itens: Array.from({ length: itensPerJob }, (_, i) => ({
        item_ordem: i + 1,
        frasco: (i % 4) + 1,
        tempero: `tempero ${(i % 4) + 1}`,
        quantidade_g: 1,
        ms: 1_000,
      })),
    };
  });
}
