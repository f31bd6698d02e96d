import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { defaultLimits } from './caps.ts';
import { Gate } from './gate.ts';
import { type Link, newLink } from './link.ts';
import { Registry } from './registry.ts';
import { Report } from './report.ts';
import { SessionStore } from './session-store.ts';
import { person } from './test/harness.ts';

function setUp() {
  const time = { now: 0 };
  const sessions = new SessionStore(
    defaultLimits,
    (id) => registry.ownerOf(id) !== undefined,
    () => time.now,
  );
  const registry: Registry = new Registry(sessions, defaultLimits, new Report(undefined), () => time.now);
  const connect = (id: string): Link => {
    const stream = new PassThrough();
    const link = newLink(stream, new Gate(stream), '127.0.0.1');
    registry.links.add(link);
    registry.admitted(link, { clientId: id, clean: false }, person('demo', 'bia', 'leitor'), id);
    registry.connected(link);
    return link;
  };
  return { time, sessions, registry, connect };
}

test('a session nobody came back for is forgotten after 24 hours, with its owner', () => {
  const { time, sessions, registry, connect } = setUp();
  const link = connect('a');
  sessions.addFilter('a', 'yaguts/v1/demo/events/+', 1);
  registry.closed(link);
  time.now = defaultLimits.queuedMs;
  registry.expire();
  expect(registry.ownerOf('a')).toBeDefined();
  time.now++;
  registry.expire();
  expect(registry.ownerOf('a')).toBeUndefined();
  expect(sessions.size).toBe(0);
});

test('a session without a filter leaves nothing behind', () => {
  const { registry, connect } = setUp();
  const link = connect('a');
  registry.expire();
  expect(registry.ownerOf('a')).toBeDefined();
  registry.closed(link);
  registry.expire();
  expect(registry.ownerOf('a')).toBeUndefined();
});

test('a connection counts for its person until it is closed', () => {
  const { registry, connect } = setUp();
  const link = connect('a');
  connect('b');
  expect(registry.connectionsOf('demo', 'bia', '')).toBe(2);
  expect(registry.connectionsOf('demo', 'bia', 'b')).toBe(1);
  registry.closed(link);
  expect(registry.connectionsOf('demo', 'bia', '')).toBe(1);
  expect(registry.clients().map(({ clientId }) => clientId)).toEqual(['b']);
});
