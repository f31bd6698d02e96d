import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { defaultLimits } from './caps.ts';
import { Delivery, type Outgoing } from './delivery.ts';
import { Gate } from './gate.ts';
import { type Link, newLink } from './link.ts';
import { Persistence } from './persistence.ts';
import { Report } from './report.ts';
import { RetainedStore } from './retained-store.ts';
import { SessionStore } from './session-store.ts';
import { person } from './test/harness.ts';

const topic = 'yaguts/v1/demo/jobs/1/state';
function setUp(): { link: Link; retained: RetainedStore; delivery: Delivery } {
  const stream = new PassThrough();
  const link = newLink(stream, new Gate(stream), '127.0.0.1');
  link.principal = person('demo', 'bia', 'leitor');
  link.filters = new Map([['yaguts/v1/demo/jobs/+/state', 1]]);
  const retained = new RetainedStore();
  return { link, retained, delivery: new Delivery(retained, defaultLimits, new Report(undefined)) };
}
const live = (changes: Partial<Outgoing> = {}): Outgoing => ({
  topic,
  payload: Buffer.from('live'),
  qos: 1,
  retain: false,
  brokerId: 'x',
  ...changes,
});
const replay = (changes: Partial<Outgoing> = {}) => live({ retain: true, brokerId: null, ...changes });

test('a message goes to whoever may receive it, and to nobody else', () => {
  const { link, delivery } = setUp();
  expect(delivery.toSend(link, live())).not.toBeNull();
  expect(delivery.toSend(link, live({ topic: 'yaguts/v1/outra/jobs/1/state' }))).toBeNull();
  expect(delivery.toSend(undefined, live())).toBeNull();
});

test('nothing goes to a connection that was revoked, though its socket has not closed yet', () => {
  const { link, delivery } = setUp();
  link.revoked = true;
  expect(delivery.toSend(link, live())).toBeNull();
});

test('a replay tells what is retained by now: it cannot overtake what came since', () => {
  const { link, retained, delivery } = setUp();
  retained.store(topic, Buffer.from('new'), 1);
  expect(delivery.toSend(link, replay({ payload: Buffer.from('old') }))?.payload.toString()).toBe('new');
  retained.store(topic, Buffer.alloc(0), 1);
  expect(delivery.toSend(link, replay({ payload: Buffer.from('old') }))).toBeNull();
});

test('a replay has the QoS of the message or of the widest grant, whichever is lower', () => {
  const { link, retained, delivery } = setUp();
  retained.store(topic, Buffer.from('x'), 1);
  expect(delivery.toSend(link, replay())?.qos).toBe(1);
  link.filters = new Map([['yaguts/v1/demo/#', 0]]);
  expect(delivery.toSend(link, replay())?.qos).toBe(0);
});

test('a connection with more unsent bytes than the cap is closed', () => {
  const { link, delivery } = setUp();
  link.stream.cork();
  link.stream.write(Buffer.alloc(defaultLimits.slowConsumerBytes));
  expect(delivery.toSend(link, live())).not.toBeNull();
  link.stream.write(Buffer.alloc(1));
  expect(delivery.toSend(link, live())).toBeNull();
  expect(link.stream.destroyed).toBe(true);
});

test('a replay goes as fast as the connection takes it, and ends with it', async () => {
  const sessions = new SessionStore(defaultLimits, () => true, Date.now);
  const persistence = new Persistence(sessions, () => true);
  for (let n = 0; n < 2_000; n++) {
    persistence.retained.store(`yaguts/v1/demo/jobs/${n + 1}/state`, Buffer.alloc(500, 'x'), 1);
  }
  const slow = new Writable({ write: (_chunk, _encoding, done) => setImmediate(done) });
  const replayTo = async (connection: Writable | undefined) => {
    if (connection) persistence.paceNextReplay(connection);
    let most = 0;
    let count = 0;
    for await (const { payload } of persistence.createRetainedStreamCombi(['yaguts/v1/demo/jobs/+/state'])) {
      slow.write(payload);
      count++;
      most = Math.max(most, slow.writableLength);
      if (connection?.destroyed) break;
    }
    return { most, count };
  };
  const paced = await replayTo(slow);
  expect(paced.count).toBe(2_000);
  expect(paced.most).toBeLessThan(64 * 1_024 + 32 * 500);
  // Control: without the pace it all waits at once.
  expect((await replayTo(undefined)).most).toBeGreaterThan(900_000);
});
