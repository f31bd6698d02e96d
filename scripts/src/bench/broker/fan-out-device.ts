import type { Duplex } from 'node:stream';
import { topic, topicFilter } from '@yaguts/shared';
import { benchOrg } from '../bench-kitchen.ts';
import type { LoadDevice, LoadEvents } from '../load.ts';
import { openWireClient, type WireClient } from '../wire-client.ts';

/**
 * One device that speaks and people who hear it, QoS 1 on both sides. Every arrival counts as one entry; the
 * next message goes out when one has reached everybody.
 *
 * @param socketOf what to connect over, when it is not plain TCP
 */
export async function openFanOut(
  port: number,
  listeners: number,
  messages: number,
  events: LoadEvents,
  socketOf: () => Duplex | undefined = () => undefined,
): Promise<LoadDevice> {
  const own = { org: benchOrg, device: 'd-1' };
  /** By the number of the message: when it was sent and how many have not heard it yet. */
  const sent = new Map<number, { readonly at: number; left: number }>();
  let count = 0;
  let window = 0;

  function heard(payload: Buffer): void {
    const n = numberOf(payload);
    const message = sent.get(n);
    if (!message) {
      events.failed(new Error(`message ${n} came twice`));
      return;
    }
    events.acked(performance.now() - message.at);
    if (--message.left > 0) return;
    sent.delete(n);
    fill();
  }
  function open(clientId: string, filters: readonly string[]): Promise<WireClient> {
    const socket = socketOf();
    return openWireClient({
      ...{ port, clientId, filters, password: '-', onLost: events.failed },
      ...(socket && { socket }),
      onMessage: (_topic, payload) => heard(payload),
    });
  }
  const tabs: WireClient[] = [];
  for (let i = 0; i < listeners; i++) {
    tabs.push(await open(`u.bench.${i}`, [topicFilter('jobLog', { org: benchOrg })]));
  }
  const speaker = await open(`${benchOrg}.d-1`, []);
  const name = topic('jobLog', { ...own, job_id: 7, item_ordem: 1 });

  function sendOne(): boolean {
    if (count === messages) return false;
    sent.set(count, { at: performance.now(), left: listeners });
    speaker.publish(name, numbered(count++), false);
    return true;
  }
  function fill(): void {
    while (sent.size < window && sendOne());
  }
  return {
    sendOne,
    open(size) {
      window = size;
      fill();
    },
    close: () => {
      for (const client of [...tabs, speaker]) client.close();
    },
  };
}

/** About as large as an entry: 200 bytes with the number in front. */
const numbered = (n: number): string => String(n).padStart(10, '0').padEnd(200, 'x');
const numberOf = (payload: Buffer): number => Number(payload.toString('latin1', 0, 10));
