import { decode, matchTopic, topicFilter } from '@yaguts/shared';
import mqtt from 'mqtt';
import { benchOrg, benchUser } from './bench-kitchen.ts';
import type { Prepared } from './bench-platform.ts';
import { percentile, readable } from './figures.ts';
import { announceStep, type BenchOptions, ceilingTarget, machine, type Result, target } from './result.ts';
import { measurePlatform, type PlatformFigures } from './scenarios.ts';

/** What the bench "live" writes to bench-results/. */
export interface LiveResult extends Result {
  readonly seen: { readonly entries: number; readonly p50Ms: number; readonly p99Ms: number };
  readonly paced: PlatformFigures;
  /** Devices that come back with full journals, from their connects to the last ack. */
  readonly backlog: { readonly entries: number; readonly seconds: number };
}

const perSecond = 200;
/** Caps per device are lifted; 200 journals of 96 entries, of which 16 are on the way. */
const backlog = { devices: 200, window: 16, entries: 19_200 } as const;

/** From a device's publish to a browser's connection, and how long a fleet takes that was offline for long. */
export async function measureLive({ isQuick }: BenchOptions): Promise<LiveResult> {
  announceStep(`${perSecond} entries a second, seen over WebSocket`);
  const sent = new Map<string, number>();
  const seen: number[] = [];
  const paced = await measurePlatform(
    { devices: 20, perSecond, entries: perSecond * (isQuick ? 3 : 30) },
    {
      sent: (job_id, item_ordem) => void sent.set(`${job_id}/${item_ordem}`, performance.now()),
      during: (at) => watchEntries(at, sent, (ms) => seen.push(ms)),
    },
  );
  if (seen.length !== paced.entries)
    throw new Error(`the browser has seen ${seen.length} of ${paced.entries} entries`);
  announceStep(`a backlog of ${backlog.entries / (isQuick ? 4 : 1)} entries`);
  const { devices, window, entries } = backlog;
  const wanted = { devices, window, entries: entries / (isQuick ? 4 : 1) };
  const drained = await measurePlatform(wanted);
  const seconds = (drained.connectMs + (drained.entries / drained.perSecond) * 1_000) / 1_000;
  const p99Ms = percentile(seen, 99);
  const rate = drained.entries / seconds;
  return {
    machine: machine(),
    seen: { entries: seen.length, p50Ms: percentile(seen, 50), p99Ms },
    ...{ paced, backlog: { entries: drained.entries, seconds } },
    targets: [
      ceilingTarget(
        ...([`p99 publish to browser at ${perSecond} entries/s`, p99Ms, 50, 'ms'] as const),
        `publish to ack ${readable(paced.p99Ms)} ms`,
      ),
      target(
        `${readable(drained.entries)} entries of ${devices} devices drained, connects included`,
        ...(['≥ 2,000/s', `${readable(seconds)} s, ${readable(rate)}/s`, rate >= 2_000] as const),
        `connected in ${readable(drained.connectMs / 1_000)} s`,
      ),
    ],
  };
}

/** Subscribes as a page does and tells how old each entry is when it is heard; ends after the last one. */
async function watchEntries(
  { origin, token }: Prepared,
  sent: ReadonlyMap<string, number>,
  heard: (ms: number) => void,
): Promise<() => Promise<void>> {
  const client = mqtt.connect(`${origin.replace('http', 'ws')}/mqtt`, {
    ...{ username: `u.${benchUser}`, password: token, clientId: `u.${benchUser}.bench`, protocolVersion: 4 },
  });
  const waiting = new Set<() => void>();
  let count = 0;
  client.on('message', (name, payload) => {
    const match = matchTopic(name);
    if (match?.key !== 'jobEvents') return;
    const event = decode('jobEvents', payload);
    if (!event.ok || event.value.type !== 'execution_log_entry') return;
    const { item_ordem } = event.value.data as { item_ordem: number };
    const at = sent.get(`${match.params.job_id}/${item_ordem}`);
    if (at === undefined) return;
    heard(performance.now() - at);
    count++;
    for (const check of waiting) check();
  });
  await client.subscribeAsync(topicFilter('jobEvents', { org: benchOrg }), { qos: 1 });
  return async () => {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (count >= sent.size) resolve();
      };
      waiting.add(check);
      check();
    });
    await client.endAsync(true);
  };
}
