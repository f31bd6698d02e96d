import { expect, test } from 'vitest';
// @ts-expect-error the file as text: a `?raw` import has no types, and shared/ has none of Node's
import said from '../../firmware/test/said.tsv?raw';
import { decode } from './codec.ts';
import { matchTopic, type TopicRow, topics } from './topics.ts';

/** What the C++ core really publishes; its own test keeps the file true (`make -C firmware/test said`). */
const messages = (said as string)
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t') as [topic: string, qos: string, retain: string, payload: string]);

test('every message the firmware says is of a device row and obeys its schema, QoS and retain rule', () => {
  for (const [name, qos, retain, payload] of messages) {
    const match = matchTopic(name);
    expect(match, name).toBeDefined();
    if (!match) continue;
    const row: TopicRow = topics[match.key];
    expect(decode(match.key, payload), `${name} ${payload}`).toMatchObject({ ok: true });
    expect([row.from, row.qos, row.retain !== 'never'], name).toEqual([
      'device',
      Number(qos),
      retain === '1',
    ]);
  }
});

test('the firmware has said something on nearly every row of a device', () => {
  const keys = new Set(messages.map(([name]) => matchTopic(name)?.key));
  for (const key of [
    'birth',
    'presence',
    'telemetry',
    'deviceLog',
    'jobRejected',
    'jobStart',
    'jobLog',
  ] as const)
    expect(keys).toContain(key);
  for (const key of [
    'jobProgress',
    'jobComplete',
    'cancelAccepted',
    'cancelRejected',
    'configReported',
  ] as const)
    expect(keys).toContain(key);
  for (const key of ['commandAccepted', 'commandRejected'] as const) expect(keys).toContain(key);
});
