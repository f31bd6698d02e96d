import { decode, matchTopic } from '@yaguts/shared';
import mqtt from 'mqtt';
import { benchOrg } from '../bench/bench-kitchen.ts';
import type { Prepared } from '../bench/bench-platform.ts';
import { percentile } from '../bench/figures.ts';

/** What the pages that were open during a load have seen of it. */
export interface PagesFigures {
  readonly pages: number;
  /** Pages that the broker cut off as too slow: they come back to snapshots, and what they missed is not counted. */
  readonly cutOff: number;
  /** Entries that each of the others has seen, fewest first. */
  readonly seen: readonly number[];
  /** From before the publish of an entry to its event on a page. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Pages over WebSocket, subscribed as the web client is; they keep what they hear and draw nothing. */
export interface Pages {
  /** An entry is about to be published. */
  sent(job_id: number, item_ordem: number): void;
  /** Waits until every page has seen all that was sent, or has heard nothing new for a while; closes them. */
  end(): Promise<PagesFigures>;
}

const rows = ['jobs/+/events', 'jobs/+/state', 'devices/+/state', 'estoque/+/+', 'events/+'];
const patienceMs = 5_000;

/** Opens so many pages on a prepared platform; resolves when all have subscribed. */
export async function openPages({ origin, token }: Prepared, count: number): Promise<Pages> {
  const sentAt = new Map<string, number>();
  const latencies: number[] = [];
  let news: () => void = () => {};
  /** Of the pages that have never lost their connection. */
  const seenBy = new Set<Set<string>>();
  let isOver = false;

  const open = async (n: number): Promise<mqtt.MqttClient> => {
    const seen = new Set<string>();
    seenBy.add(seen);
    const client = await mqtt.connectAsync(`${origin.replace(/^http/, 'ws')}/mqtt`, {
      ...{ protocolVersion: 4, clientId: `page-${n}`, username: 'u.bench', password: token },
      reconnectPeriod: 0,
    });
    client.on('error', () => {});
    client.on('close', () => {
      if (isOver) return;
      seenBy.delete(seen);
      news();
    });
    client.on('message', (topic, payload) => {
      const match = matchTopic(topic);
      if (match?.key !== 'jobEvents') return;
      const said = decode('jobEvents', payload);
      if (!said.ok || said.value.type !== 'execution_log_entry') return;
      const key = `${match.params.job_id}/${said.value.data.item_ordem}`;
      const at = sentAt.get(key);
      if (at === undefined || seen.has(key)) return;
      seen.add(key);
      latencies.push(performance.now() - at);
      news();
    });
    await client.subscribeAsync(
      rows.map((row) => `yaguts/v1/${benchOrg}/${row}`),
      { qos: 1 },
    );
    return client;
  };
  const clients = await Promise.all(Array.from({ length: count }, (_, n) => open(n)));

  return {
    sent: (job_id, item_ordem) => void sentAt.set(`${job_id}/${item_ordem}`, performance.now()),
    async end() {
      await new Promise<void>((resolve) => {
        let quiet = setTimeout(resolve, patienceMs);
        const look = (): void => {
          clearTimeout(quiet);
          if ([...seenBy].every(({ size }) => size === sentAt.size)) resolve();
          else quiet = setTimeout(resolve, patienceMs);
        };
        news = look;
        look();
      });
      isOver = true;
      await Promise.all(clients.map((client) => client.endAsync(true)));
      const seen = [...seenBy].map(({ size }) => size).sort((a, b) => a - b);
      return {
        pages: count,
        cutOff: count - seen.length,
        seen,
        p50Ms: percentile(latencies, 50),
        p99Ms: percentile(latencies, 99),
      };
    },
  };
}
