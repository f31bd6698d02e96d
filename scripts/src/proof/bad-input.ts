import { connect as openSocket } from 'node:net';
import { topic } from '@yaguts/shared';
import { connectPacket, publishPacket, subscribePacket } from '../bench/mqtt-wire.ts';
import { proofOrg } from './kitchen.ts';
import { startOrders } from './orders.ts';
import { type Random, seeded } from './random.ts';
import { openStage, type Template } from './stage.ts';
import type { Verdict } from './verdict.ts';

export interface BadInputResult {
  readonly seed: number;
  /** Mutated packets on the frame level, and well-formed packets whose payload was mutated. */
  readonly packets: number;
  readonly payloads: number;
  /** Connections that the platform closed at once. */
  readonly closed: number;
  /** Entries of the honest device that were acked meanwhile. */
  readonly honestAcks: number;
  readonly earlyAcks: readonly string[];
  readonly growthMib: number;
  readonly troubles: readonly string[];
  readonly verdict: Verdict;
}

const atOnce = 16;
const ping = Buffer.from([0xc0, 0]);
/** A packet that promises more than it brings keeps the platform waiting; nobody waits here for that long. */
const patienceMs = 100;

/**
 * Mutated packets of a device that has a credential, against the whole platform, while another device pours.
 * Whatever comes back, the platform lives and the honest device's record is exact.
 *
 * @param template needs two devices: the first is honest
 */
export async function runBadInput(
  template: Template,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<BadInputResult> {
  const random = seeded(seed);
  const stage = await openStage({ template, random: random.fork(), speed: 20 });
  const [honest, hostile] = template.kitchen.devices;
  if (!honest || !hostile) throw new Error('two devices are needed');
  const troubles: string[] = [];
  const sent = { packets: 0, payloads: 0, closed: 0 };
  try {
    const platform = await stage.startPlatform();
    void platform.ended.then((end) => troubles.push(`the platform ended with ${end}`));
    stage.board(honest.device, 'simulator').start();
    const before = await platform.memory();
    const orders = startOrders(stage, [honest.device], random.fork());
    const good = goodPackets(hostile.device, hostile.password);
    const port = stage.mqttPort() ?? 0;
    const hurl = async (chance: Random): Promise<void> => {
      while (sent.packets + sent.payloads < count && troubles.length === 0) {
        const kind = chance.chance(0.25) ? 'payloads' : 'packets';
        sent[kind]++;
        const mutant =
          kind === 'payloads' ? mutatedPayload(hostile.device, chance) : mutatedPacket(good, chance);
        const opening = chance.chance(0.2) ? [] : [good[0] as Buffer];
        if (await hurlOne(port, Buffer.concat([...opening, mutant, ping]))) sent.closed++;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, () => hurl(random.fork())));
    await orders.end();
    await stage.until(() => troubles.length > 0 || stage.witness.openJobs().length === 0);
    const after = await platform.memory();
    const ended = troubles.splice(0);
    const verdict = await stage.judge(orders.answered);
    // The stop that was asked for is no trouble, and what the hostile device had put aside is what must be.
    const ofHostile = `put aside: yaguts/v1/${proofOrg}/devices/${hostile.device}/`;
    return {
      ...{ seed, ...sent, honestAcks: stage.acksSeen(), earlyAcks: stage.earlyAcks },
      growthMib: (after.rss - before.rss) / 1_048_576,
      troubles: ended,
      verdict: { ...verdict, unsound: verdict.unsound.filter((fault) => !fault.startsWith(ofHostile)) },
    };
  } finally {
    await stage.close();
  }
}

function goodPackets(device: string, password: string): Buffer[] {
  const own = { org: proofOrg, device };
  const clientId = `${proofOrg}.${device}`;
  const entry = JSON.stringify(entryOf(1, 1));
  return [
    connectPacket({ clientId, password, keepaliveS: 30 }),
    subscribePacket(1, [topic('jobsNext', own), `yaguts/v1/${proofOrg}/devices/${device}/jobs/+/ack`]),
    publishPacket(2, topic('jobLog', { ...own, job_id: 1, item_ordem: 1 }), entry, true),
    publishPacket(3, topic('birth', own), '{"boot_id":"a1","journal_id":"j1","hi":0,"frascos":4}', true),
    publishPacket(4, topic('jobStart', { ...own, job_id: 1 }), '{"seq":1,"token":"0123456789abcdef"}', false),
  ];
}

const entryOf = (job_id: number, item_ordem: number) => ({
  ...{ v: 1, job_id, seq: 1, token: '0123456789abcdef', item_ordem, frasco: 1, segundos: 1.5 },
  ...{ status: 'done', error: null, boot_id: 'a1', uptime_ms: 1, ts: null },
});

function mutatedPacket(good: readonly Buffer[], chance: Random): Buffer {
  const mutant = Buffer.from(chance.pick(good));
  for (let flips = chance.between(1, 4); flips > 0; flips--) {
    mutant[chance.between(0, mutant.length - 1)] = chance.between(0, 255);
  }
  // Cut short or followed by rubbish, now and then.
  if (chance.chance(0.15)) return mutant.subarray(0, chance.between(1, mutant.length));
  return chance.chance(0.1) ? Buffer.concat([mutant, mutant.subarray(0, chance.between(1, 9))]) : mutant;
}

/** Values that no schema wants, in the place of those that it does. */
const rubbish: readonly unknown[] = [
  ...[null, true, -1, 0, 1.5, 1e308, '', '\u0000', '💥'.repeat(300), [], {}, [[[[[]]]]], '__proto__'],
  ...['9'.repeat(40), Number.MAX_SAFE_INTEGER, { toString: 1 }, 'done\n', -0],
];

function mutatedPayload(device: string, chance: Random): Buffer {
  const job_id = chance.between(1, 50);
  const item_ordem = chance.between(1, 24);
  const entry: Record<string, unknown> = entryOf(job_id, item_ordem);
  for (let changes = chance.between(1, 3); changes > 0; changes--) {
    const field = chance.pick(Object.keys(entry));
    if (chance.chance(0.3)) delete entry[field];
    else entry[field] = chance.pick(rubbish);
    if (Object.keys(entry).length === 0) break;
  }
  const text = chance.chance(0.2) ? `${JSON.stringify(entry)}}` : JSON.stringify(entry);
  return publishPacket(
    7,
    topic('jobLog', { org: proofOrg, device, job_id, item_ordem }),
    text,
    chance.chance(0.5),
  );
}

/** Sends and waits for an end; true when it was the platform that closed. */
function hurlOne(port: number, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openSocket(port, '127.0.0.1');
    let isOurs = false;
    const leave = (): void => {
      isOurs = true;
      socket.destroy();
    };
    socket.setTimeout(patienceMs, leave);
    socket.on('connect', () => socket.write(bytes));
    // A PINGRESP behind all of it: it was taken, and the connection goes on.
    socket.on('data', (said: Buffer) => {
      if (said.includes(Buffer.from([0xd0, 0]))) leave();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(!isOurs));
  });
}
