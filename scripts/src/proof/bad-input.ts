import { connect as openSocket } from 'node:net';
import { topic } from '@yaguts/shared';
import { connectPacket, publishPacket, subscribePacket } from '../bench/mqtt-wire.ts';
import { createBadRequests, type RequestTally } from './bad-requests.ts';
import { proofOrg } from './kitchen.ts';
import { startOrders } from './orders.ts';
import { type Random, seeded } from './random.ts';
import { spoil } from './spoil.ts';
import { openStage, type Template } from './stage.ts';
import type { Verdict } from './verdict.ts';

export interface BadInputResult {
  readonly seed: number;
  /** Mutated packets on the frame level, and well-formed packets whose payload was mutated. */
  readonly packets: number;
  readonly payloads: number;
  /** Connections that the platform closed at once. */
  readonly closed: number;
  readonly requests: RequestTally;
  /** Entries of the honest device that were acked meanwhile. */
  readonly honestAcks: number;
  readonly earlyAcks: readonly string[];
  readonly growthMib: number;
  readonly troubles: readonly string[];
  readonly verdict: Verdict;
}

export interface BadInputSize {
  readonly packets: number;
  /** Half of them over MQTT, half over HTTP. */
  readonly payloads: number;
  readonly seed: number;
}

const atOnce = 16;
const ping = Buffer.from([0xc0, 0]);
/** A packet that promises more than it brings keeps the platform waiting; nobody waits here for that long. */
const patienceMs = 100;

/**
 * Mutated packets and payloads of a device that has a credential, and bad requests of a person, against the
 * whole platform, while another device pours. Whatever comes back, the platform lives and the honest device's
 * record is exact.
 *
 * @param template needs two devices: the first is honest
 */
export async function runBadInput(template: Template, size: BadInputSize): Promise<BadInputResult> {
  const { seed } = size;
  const random = seeded(seed);
  const stage = await openStage({ template, random: random.fork(), speed: 20 });
  const [honest, hostile] = template.kitchen.devices;
  if (!honest || !hostile) throw new Error('two devices are needed');
  const troubles: string[] = [];
  const left = { packets: size.packets, payloads: size.payloads / 2, requests: size.payloads / 2 };
  let closed = 0;
  try {
    const platform = await stage.startPlatform();
    void platform.ended.then((end) => troubles.push(`the platform ended with ${end}`));
    stage.board(honest.device, 'simulator').start();
    const before = await platform.memory();
    const orders = startOrders(stage, [honest.device], random.fork());
    const good = goodPackets(hostile.device, hostile.password);
    const port = stage.mqttPort() ?? 0;
    const requests = createBadRequests({
      ...{ origin: stage.origin(), token: template.kitchen.token },
      ...{ device: hostile.device, devicePassword: hostile.password },
    });
    const hurl = async (chance: Random): Promise<void> => {
      while (troubles.length === 0) {
        const kind = drawFrom(left, chance);
        if (!kind) return;
        left[kind]--;
        if (kind === 'requests') {
          await requests.hurl(chance);
          continue;
        }
        const mutant =
          kind === 'payloads' ? mutatedPayload(hostile.device, chance) : mutatedPacket(good, chance);
        const opening = chance.chance(0.2) ? [] : [good[0] as Buffer];
        if (await hurlOne(port, Buffer.concat([...opening, mutant, ping]))) closed++;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, () => hurl(random.fork())));
    await orders.end();
    await stage.until(() => troubles.length > 0 || stage.witness.openJobs().length === 0);
    requests.close();
    const after = await platform.memory();
    const tally = requests.tally();
    const found = [...troubles, ...tally.faults];
    const verdict = await stage.judge(orders.answered);
    // What the hostile device had put aside is what must be.
    const ofHostile = `put aside: yaguts/v1/${proofOrg}/devices/${hostile.device}/`;
    return {
      ...{ seed, packets: size.packets, payloads: size.payloads / 2, closed, requests: tally },
      ...{ honestAcks: stage.acksSeen(), earlyAcks: stage.earlyAcks, troubles: found },
      growthMib: (after.rss - before.rss) / 1_048_576,
      verdict: { ...verdict, unsound: verdict.unsound.filter((fault) => !fault.startsWith(ofHostile)) },
    };
  } finally {
    await stage.close();
  }
}

/** A kind, by how many of it are left: all run out together. Undefined when none are. */
function drawFrom<Kind extends string>(
  left: Readonly<Record<Kind, number>>,
  chance: Random,
): Kind | undefined {
  const kinds = (Object.keys(left) as Kind[]).filter((kind) => left[kind] > 0);
  let at = chance.next() * kinds.reduce((sum, kind) => sum + left[kind], 0);
  for (const kind of kinds) {
    at -= left[kind];
    if (at < 0) return kind;
  }
  return kinds.at(-1);
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

function mutatedPayload(device: string, chance: Random): Buffer {
  const job_id = chance.between(1, 50);
  const item_ordem = chance.between(1, 24);
  const own = { org: proofOrg, device };
  const [name, document] = chance.pick<readonly [string, object]>([
    [topic('jobLog', { ...own, job_id, item_ordem }), entryOf(job_id, item_ordem)],
    [topic('jobLog', { ...own, job_id, item_ordem }), entryOf(job_id, item_ordem)],
    [topic('jobComplete', { ...own, job_id }), completeOf(job_id)],
    [topic('birth', own), { boot_id: 'a1', journal_id: 'j1', hi: 0, frascos: 4 }],
    [topic('presence', own), { state: 'online', boot_id: 'a1', session: 65_537 }],
    [topic('jobStart', { ...own, job_id }), { seq: 1, token: '0123456789abcdef' }],
  ]);
  const spoilt = JSON.stringify(spoil(document, chance));
  return publishPacket(7, name, chance.chance(0.2) ? `${spoilt}}` : spoilt, chance.chance(0.5));
}

const completeOf = (job_id: number) => ({
  ...{ v: 1, job_id, seq: 1, token: '0123456789abcdef' },
  ...{ itens_completados: 1, itens_falhados: 0, itens_cancelados: 0, execution_logs: [entryOf(job_id, 1)] },
});

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
