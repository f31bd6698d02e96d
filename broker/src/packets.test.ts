import { connect } from 'node:net';
import { generate, type Packet } from 'mqtt-packet';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { listen, type Running, run, until } from './test/harness.ts';
import { publishPacket, type RawPeer, rawTcp, rawWs, subscribePacket } from './test/raw.ts';

// A busy machine is slow, not wrong.
vi.setConfig({ testTimeout: 30_000 });

/**
 * Packets nobody should send: bytes, the state they are sent in, and what has to come back. After each one
 * the broker lives, an honest pair talks, and nothing of the connection is left.
 */

type Outcome =
  /** Closed without an answer to these bytes. */
  | 'closed'
  /** A CONNACK with this code, then closed. */
  | `refused ${1 | 2 | 4 | 5}`
  /** Accepted: the connection goes on. */
  | 'goes on'
  /** Kept waiting for the rest, until the connect timeout or the keepalive. */
  | 'waits';
interface Case {
  readonly family: string;
  readonly what: string;
  readonly state: 'new' | 'connected';
  readonly bytes: Buffer;
  readonly outcome: Outcome;
}

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const text = (value: string | Buffer): Buffer => {
  const body = Buffer.from(value);
  return Buffer.concat([bytes(body.length >> 8, body.length & 0xff), body]);
};
/** A packet with this first byte around this body, with a right remaining length. */
const framed = (first: number, body: Buffer): Buffer => {
  const length: number[] = [];
  let rest = body.length;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    length.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return Buffer.concat([bytes(first, ...length), body]);
};
/** A CONNECT by hand: flags, and the payload fields behind the keepalive. */
const rawConnect = (flags: number, ...fields: Buffer[]): Buffer =>
  framed(0x10, Buffer.concat([text('MQTT'), bytes(4, flags, 0, 30), ...fields]));
const credentialFields = [text('demo.mao'), text('mao')];
const good = rawConnect(0xc2, text('demo.mao'), ...credentialFields);

const mao = 'yaguts/v1/demo/devices/mao';
const invalidUtf8 = [
  ['a lone continuation byte', bytes(0x61, 0x80)],
  ['a cut two-byte sequence', bytes(0xc3)],
  ['an overlong slash', bytes(0xc0, 0xaf)],
  ['a surrogate', bytes(0xed, 0xa0, 0x80)],
  ['a code point above U+10FFFF', bytes(0xf4, 0x90, 0x80, 0x80)],
  ['NUL', bytes(0x61, 0x00, 0x62)],
] as const;

const cases: Case[] = [];
const add = (family: string, what: string, state: Case['state'], packet: Buffer, outcome: Outcome): void => {
  cases.push({ family, what, state, bytes: packet, outcome });
};

// Order [MQTT-3.1.0-1] [MQTT-3.1.0-2]: every packet type before CONNECT; a second CONNECT; server packets.
for (let type = 0; type < 16; type++) {
  if (type !== 1) add('order', `type ${type} before CONNECT`, 'new', bytes(type << 4, 0), 'closed');
}
add('order', 'a second CONNECT', 'connected', good, 'closed');
for (const [name, type] of [
  ['CONNACK', 2],
  ['SUBACK', 9],
  ['UNSUBACK', 11],
  ['PINGRESP', 13],
] as const) {
  add('order', `${name} from a client`, 'connected', framed(type << 4, bytes(0, 1)), 'closed');
}
add('order', 'an HTTP request', 'new', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'closed');
add('order', 'a TLS ClientHello', 'new', bytes(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3), 'closed');

// Reserved bits of the fixed header [MQTT-2.2.2-2], reserved types.
for (const [name, type, right] of [
  ['CONNECT', 1, 0],
  ['PUBREL', 6, 2],
  ['SUBSCRIBE', 8, 2],
  ['UNSUBSCRIBE', 10, 2],
  ['PINGREQ', 12, 0],
  ['DISCONNECT', 14, 0],
] as const) {
  for (const flags of [right ^ 1, right ^ 2, right ^ 8]) {
    const packet = framed((type << 4) | flags, bytes(0, 1));
    const state = type === 1 ? 'new' : 'connected';
    add(
      'reserved bits',
      `${name} with flags ${flags}`,
      state,
      type === 1 ? framed(0x10 | flags, good.subarray(2)) : packet,
      'closed',
    );
  }
}
for (const type of [0, 15]) add('reserved types', `type ${type}`, 'connected', bytes(type << 4, 0), 'closed');

// Remaining length: five bytes, more than allowed, less than the fields need.
add('length', 'five length bytes before CONNECT', 'new', bytes(0x10, 0xff, 0xff, 0xff, 0xff, 1), 'closed');
add('length', 'five length bytes', 'connected', bytes(0x30, 0x80, 0x80, 0x80, 0x80, 1), 'closed');
add('length', 'a CONNECT of 256 MiB', 'new', bytes(0x10, 0xff, 0xff, 0xff, 0x7f), 'closed');
add(
  'length',
  'a CONNECT of 4,097 bytes',
  'new',
  rawConnect(0xc2, text('x'.repeat(4_067)), ...credentialFields),
  'closed',
);
add(
  'length',
  'a PUBLISH of 64 KiB and one byte',
  'connected',
  publishPacket(`${mao}/telemetry`, 'x'.repeat(65_536)),
  'closed',
);
add('length', 'a PUBLISH of 64 MiB, announced', 'connected', bytes(0x30, 0x80, 0x80, 0x80, 0x20), 'closed');
add(
  'length',
  'a CONNECT with a byte too many',
  'new',
  rawConnect(0xc2, text('demo.mao'), ...credentialFields, bytes(0)),
  'closed',
);
add('length', 'a SUBSCRIBE of no filter', 'connected', framed(0x82, bytes(0, 1)), 'closed');
add('length', 'a SUBSCRIBE of nothing', 'connected', framed(0x82, Buffer.alloc(0)), 'closed');
add(
  'length',
  'a filter without its QoS',
  'connected',
  framed(0x82, Buffer.concat([bytes(0, 1), text(`${mao}/cmd/+`)])),
  'closed',
);
add(
  'length',
  'a filter longer than its packet',
  'connected',
  framed(0x82, bytes(0, 1, 0, 200, 0x61, 1)),
  'closed',
);
add('length', 'an UNSUBSCRIBE of nothing', 'connected', framed(0xa2, Buffer.alloc(0)), 'closed');
add(
  'length',
  'a PUBLISH whose topic is longer than itself',
  'connected',
  framed(0x30, bytes(0xff, 0xff, 0x61)),
  'closed',
);
add('length', 'a PUBLISH without a topic', 'connected', framed(0x30, Buffer.alloc(0)), 'closed');
add(
  'length',
  'a QoS 1 PUBLISH without a packet id',
  'connected',
  framed(0x32, text(`${mao}/telemetry`)),
  'closed',
);
add('length', 'a PUBACK of one byte', 'connected', framed(0x40, bytes(1)), 'closed');

add('length', 'a PUBACK of three bytes', 'connected', framed(0x40, bytes(0, 1, 0)), 'closed');
add('length', 'a PINGREQ with a body', 'connected', framed(0xc0, bytes(1)), 'closed');
add('length', 'a DISCONNECT with a body', 'connected', framed(0xe0, bytes(1)), 'closed');

// CONNECT cut at every byte, its length set right: each is another malformed packet.
for (let cut = 2; cut < good.length; cut++) {
  add(
    'cut',
    `a CONNECT that ends after ${cut} of ${good.length} bytes`,
    'new',
    framed(0x10, good.subarray(2, cut)),
    'closed',
  );
}
for (let cut = 1; cut < good.length; cut += 6) {
  add('cut', `${cut} bytes of a CONNECT, then silence`, 'new', good.subarray(0, cut), 'waits');
}

// The variable header of CONNECT.
const versioned = (name: string, version: number) =>
  framed(
    0x10,
    Buffer.concat([text(name), bytes(version, 0xc2, 0, 30), text('demo.mao'), ...credentialFields]),
  );
add('protocol', 'the name "mqtt"', 'new', versioned('mqtt', 4), 'closed');
add('protocol', 'an empty name', 'new', versioned('', 4), 'closed');
for (const version of [0, 1, 2, 6, 127])
  add('protocol', `level ${version}`, 'new', versioned('MQTT', version), 'closed');
add('protocol', 'level 3 under its old name', 'new', versioned('MQIsdp', 3), 'goes on');
add(
  'protocol',
  'MQTT 5',
  'new',
  framed(
    0x10,
    Buffer.concat([text('MQTT'), bytes(5, 0xc2, 0, 30, 0), text('demo.mao'), ...credentialFields]),
  ),
  'refused 1', // [MQTT-3.1.2-2]
);
add('flags', 'the reserved flag', 'new', rawConnect(0xc3, text('demo.mao'), ...credentialFields), 'closed'); // [MQTT-3.1.2-3]
add(
  'flags',
  'a will QoS without a will',
  'new',
  rawConnect(0xca, text('demo.mao'), ...credentialFields),
  'closed',
); // [MQTT-3.1.2-13]
add(
  'flags',
  'will retain without a will',
  'new',
  rawConnect(0xe2, text('demo.mao'), ...credentialFields),
  'closed',
); // [MQTT-3.1.2-15]
add(
  'flags',
  'a password without a username',
  'new',
  rawConnect(0x42, text('demo.mao'), text('mao')),
  'closed',
); // [MQTT-3.1.2-22]
add(
  'flags',
  'a will that is not there',
  'new',
  rawConnect(0xc6, text('demo.mao'), ...credentialFields),
  'closed',
);
add('flags', 'no credential', 'new', rawConnect(0x02, text('demo.mao')), 'refused 4');
const willFields = [
  text('demo.mao'),
  text(`${mao}/presence`),
  text('{"state":"lost","boot_id":"a1","session":1}'),
];
add('will', 'QoS 3', 'new', rawConnect(0xfe, ...willFields, ...credentialFields), 'closed'); // [MQTT-3.1.2-14]
add('will', 'QoS 2', 'new', rawConnect(0xf6, ...willFields, ...credentialFields), 'refused 5');
add(
  'will',
  'a topic with #',
  'new',
  rawConnect(0xee, text('demo.mao'), text('#'), text('{}'), ...credentialFields),
  'refused 5',
);
add(
  'will',
  'an empty topic',
  'new',
  rawConnect(0xee, text('demo.mao'), text(''), text('{}'), ...credentialFields),
  'refused 5',
);
add('client id', 'empty with clean=0', 'new', rawConnect(0xc0, text(''), ...credentialFields), 'refused 2'); // [MQTT-3.1.3-8]
add(
  'client id',
  'of 200 bytes',
  'new',
  rawConnect(0xc2, text('x'.repeat(200)), ...credentialFields),
  'refused 2',
);

// UTF-8 [MQTT-1.5.3-1] [MQTT-1.5.3-2].
for (const [name, wrong] of invalidUtf8) {
  add('UTF-8', `${name} in a client id`, 'new', rawConnect(0xc2, text(wrong), ...credentialFields), 'closed');
  add(
    'UTF-8',
    `${name} in a username`,
    'new',
    rawConnect(0xc2, text('demo.mao'), text(wrong), text('mao')),
    'closed',
  );
  const topic = Buffer.concat([Buffer.from(`${mao}/`), wrong]);
  add(
    'UTF-8',
    `${name} in a topic`,
    'connected',
    framed(0x30, Buffer.concat([text(topic), Buffer.from('{}')])),
    'closed',
  );
  add(
    'UTF-8',
    `${name} in a filter`,
    'connected',
    framed(0x82, Buffer.concat([bytes(0, 1), text(topic), bytes(1)])),
    'goes on',
  );
}

// Topics [MQTT-3.3.2-2] and filters [MQTT-4.7.1-2] [MQTT-4.7.1-3]; a refused filter is answered 0x80.
for (const topic of [
  '',
  '#',
  '+',
  `${mao}/+`,
  `${mao}/#`,
  '/',
  '//',
  '$SYS/x',
  '__proto__',
  'a/'.repeat(32_000),
]) {
  add(
    'topics',
    `PUBLISH to ${JSON.stringify(topic.slice(0, 40))}`,
    'connected',
    framed(0x30, Buffer.concat([text(topic), Buffer.from('{}')])),
    'closed',
  );
}
const asked = (filter: string, options = 1): Buffer =>
  framed(0x82, Buffer.concat([bytes(0, 9), text(filter), bytes(options)]));
for (const filter of ['a/#/b', 'a/b#', '', 'a/'.repeat(32_000)]) {
  add('filters', `SUBSCRIBE to ${JSON.stringify(filter.slice(0, 40))}`, 'connected', asked(filter), 'closed');
}
for (const filter of [
  '#',
  '+',
  '/',
  '$SYS/#',
  '$share/g/#',
  '__proto__',
  'constructor',
  `${mao}/#`,
  'a#',
  'a+',
  'aaa/b+',
]) {
  add(
    'filters',
    `SUBSCRIBE to ${JSON.stringify(filter)}`,
    'connected',
    asked(filter),
    filter === 'aaa/b+' ? 'closed' : 'goes on',
  );
}
for (const options of [3, 4, 0x80])
  add('QoS', `SUBSCRIBE with options ${options}`, 'connected', asked(`${mao}/cmd/+`, options), 'closed'); // [MQTT-3-8.3-4]
add(
  'QoS',
  'PUBLISH with QoS 3',
  'connected',
  framed(0x36, Buffer.concat([text(`${mao}/telemetry`), bytes(0, 1)])),
  'closed',
); // [MQTT-3.3.1-4]
add(
  'QoS',
  'PUBLISH with QoS 2',
  'connected',
  publishPacket(`${mao}/jobs/1/start`, '{}', { qos: 2, messageId: 1 }),
  'closed',
);

// Packet ids [MQTT-2.3.1-1]: never 0; stray acknowledgements are no fault.
add(
  'packet ids',
  'PUBLISH with packet id 0',
  'connected',
  framed(0x32, Buffer.concat([text(`${mao}/jobs/1/start`), bytes(0, 0)])),
  'closed',
);
add(
  'packet ids',
  'SUBSCRIBE with packet id 0',
  'connected',
  framed(0x82, Buffer.concat([bytes(0, 0), text(`${mao}/cmd/+`), bytes(1)])),
  'closed',
);
add(
  'packet ids',
  'UNSUBSCRIBE with packet id 0',
  'connected',
  framed(0xa2, Buffer.concat([bytes(0, 0), text(`${mao}/cmd/+`)])),
  'closed',
);
for (const [name, first] of [
  ['PUBACK', 0x40],
  ['PUBREC', 0x50],
  ['PUBREL', 0x62],
  ['PUBCOMP', 0x70],
] as const) {
  add('packet ids', `${name} for nothing`, 'connected', framed(first, bytes(0x12, 0x34)), 'goes on');
  add('packet ids', `${name} with packet id 0`, 'connected', framed(first, bytes(0, 0)), 'closed');
}

// Seeded mutations of good packets: whatever comes back, nothing breaks.
const mutants: Buffer[] = [];
let seed = 20_261_124;
const random = (below: number): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((seed / 2_147_483_648) * below);
};
for (let n = 0; n < 400; n++) {
  const base = [
    good,
    subscribePacket([`${mao}/cmd/+`, `${mao}/jobs/next`]),
    publishPacket(`${mao}/jobs/1/start`, '{}', { qos: 1, messageId: 7 }),
    generate({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: [`${mao}/cmd/+`] }),
  ][n % 4] as Buffer;
  const mutant = Buffer.from(base);
  for (let flips = 1 + random(4); flips > 0; flips--) mutant[random(mutant.length)] = random(256);
  mutants.push(mutant);
}

let it: Running;
/** For those that keep it waiting: its patience is short, and nobody honest depends on it. */
let hasty: Running;
let talk: () => Promise<void>;
beforeAll(async () => {
  const quick = { perSecond: 1e6, burst: 1e6 };
  const limits = { connectsPerAddress: quick, publishesPerDevice: quick };
  it = await run({ limits });
  hasty = await run({ limits: { ...limits, connectTimeoutMs: 50 } });
  const speaker = await it.client('pe');
  const hearer = await it.client('bia');
  await hearer.subscribeAsync('yaguts/v1/demo/devices/pe/jobs/+/log/+', { qos: 1 });
  const heard = listen(hearer);
  let n = 0;
  talk = async () => {
    const payload = `{"n":${++n}}`;
    await speaker.publishAsync('yaguts/v1/demo/devices/pe/jobs/1/log/1', payload, { qos: 1 });
    expect((await heard.next()).payload).toBe(payload);
  };
});
afterAll(async () => {
  await it.close();
  await hasty.close();
});

const ping = bytes(0xc0, 0);
async function outcomeOf(peer: RawPeer, { state, bytes: packet, outcome }: Case): Promise<Outcome> {
  if (state === 'connected') {
    peer.send(good);
    expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
  }
  peer.send(packet);
  // A connection that goes on answers the ping behind the packet.
  if (outcome !== 'waits') peer.send(ping);
  let last: Packet | undefined;
  let isRefused = 0;
  while ((last = await peer.next())) {
    if (last.cmd === 'pingresp') return 'goes on';
    if (last.cmd === 'connack') isRefused = last.returnCode ?? 0;
  }
  if (outcome === 'waits') return 'waits';
  return isRefused > 0 ? (`refused ${isRefused}` as Outcome) : 'closed';
}

test.each(['tcp', 'ws'])('there are well over 60 malformed packets, in every family (%s)', () => {
  expect(cases.length).toBeGreaterThan(150);
  expect(new Set(cases.map(({ family }) => family)).size).toBeGreaterThan(10);
});

for (const wire of ['tcp', 'ws'] as const) {
  test.each(cases)(`over ${wire}, $family: $what → $outcome`, async (one) => {
    const { port, wsUrl } = one.outcome === 'waits' ? hasty : it;
    const peer = wire === 'tcp' ? await rawTcp(port) : await rawWs(wsUrl);
    expect(await outcomeOf(peer, one)).toBe(one.outcome);
    peer.destroy();
    await talk();
  });

  test(`over ${wire}, 400 mutated packets leave the broker as it was`, async () => {
    for (const [n, mutant] of mutants.entries()) {
      const peer = wire === 'tcp' ? await rawTcp(it.port) : await rawWs(it.wsUrl);
      if (n % 4 !== 0) {
        peer.send(good);
        await peer.next();
      }
      peer.send(mutant);
      peer.send(ping);
      peer.send(ping);
      await Promise.race([peer.next(), peer.closed, talk()]);
      peer.destroy();
    }
    await talk();
    await until(() => it.broker.counters().connections === 2);
    expect(it.broker.counters().hook_failures).toBeUndefined();
  });
}

test('a CONNECT that comes byte by byte is read all the same', async () => {
  const socket = connect(it.port, '127.0.0.1');
  for (const byte of good) await new Promise<void>((resolve) => socket.write(bytes(byte), () => resolve()));
  const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  expect([...answer]).toEqual([0x20, 2, 0, 0]);
  socket.destroy();
});
