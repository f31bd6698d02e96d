import type { JobState } from '@yaguts/shared';
import { expect, test } from 'vitest';
import { aJob, anItem } from '../test-data.ts';
import { LiveClient } from './client.ts';
import { FakeLink } from './fake.ts';
import { JobExecutionMonitor } from './monitor.ts';
import { createWatcher } from './watch.ts';

const atOnce = (fn: () => void) => {
  fn();
  return () => {};
};

async function setUp(first: JobState) {
  const link = new FakeLink();
  const client = new LiveClient({
    org: 'demo',
    user: 'ana',
    link,
    token: async () => ({ token: 't', username: 'u.ana', url: '/mqtt', expires_at: 1 }),
    origin: 'http://k.example',
  });
  const watcher = createWatcher({ random: () => 0, setTimer: atOnce });
  watcher.attach(client);
  await client.connect();
  let say: (job: JobState) => void = () => {};
  const told: unknown[] = [];
  const monitor = new JobExecutionMonitor(
    7,
    {
      onLogEntry: (entry) => told.push(`${entry.item_ordem} ${entry.status}`),
      onCompletion: (end) => told.push(end.status),
      onConnectionChange: (is) => told.push(is),
    },
    {
      client,
      watcher,
      fetchJob: async () => first,
      onJobState: (_, listener) => {
        say = listener;
        return () => {
          say = () => {};
        };
      },
      filter: (id) => `yaguts/v1/demo/jobs/${id}/state`,
    },
  );
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  return { link, monitor, told, settle, say: (job: JobState) => say(job) };
}

const done = (n: number) => anItem({ item_ordem: n, frasco: n, estado: 'done', segundos: 1 });
const failed = (n: number) => anItem({ item_ordem: n, frasco: n, estado: 'failed', error: 'timeout' });
const pending = (n: number) => anItem({ item_ordem: n, frasco: n });

test('a late joiner is told what has happened already, then each entry and the completion once', async () => {
  const { monitor, told, settle, say } = await setUp(
    aJob({ status: 'running', itens: [done(1), pending(2)] }),
  );
  monitor.connect();
  await settle();
  say(aJob({ status: 'running', itens: [done(1), failed(2)] }));
  say(aJob({ status: 'done_partial', itens: [done(1), failed(2)] }));
  say(aJob({ status: 'done_partial', itens: [done(1), failed(2)] }));
  expect(told).toEqual([true, '1 done', '2 failed', 'done_partial']);
});

test('it says when the connection goes, and nothing after close', async () => {
  const { link, monitor, told, settle, say } = await setUp(aJob({ status: 'running', itens: [pending(1)] }));
  monitor.connect();
  await settle();
  expect(monitor.isConnected()).toBe(true);
  link.lose();
  expect(told).toEqual([true, false]);
  monitor.close();
  say(aJob({ status: 'done', itens: [done(1)] }));
  expect(told).toEqual([true, false]);
  expect(monitor.isConnected()).toBe(false);
});
