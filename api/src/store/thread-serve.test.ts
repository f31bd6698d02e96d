import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Answer, packGroup, type Question, type ThreadWork, unpackAnswers } from './thread-messages.ts';
import { serveThread } from './thread-serve.ts';

let dir: string;
let ports: MessagePort[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'yaguts-serve-'));
  ports = [];
});
afterEach(() => {
  for (const port of ports) port.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A thread's work in this thread, at the other end of a channel. */
async function serve(work: Partial<ThreadWork> = {}) {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const heard = async (): Promise<Answer> => (await once(port1, 'message'))[0];
  const first = heard();
  await serveThread(port2, { dir, now: 9, ...work });
  return {
    first: await first,
    ask: (question: Question): Promise<Answer> => {
      const answer = heard();
      port1.postMessage(question);
      return answer;
    },
    async close() {
      const closed = once(port1, 'close');
      port1.postMessage({ close: true } satisfies Question);
      await closed;
    },
  };
}
const installationOf = (answer: Answer) => {
  if (!('opened' in answer)) throw new Error(JSON.stringify(answer));
  return answer.opened.installation;
};

test('a thread says that it is open and what may be called, and answers by number', async () => {
  const writer = await serve();
  expect(installationOf(writer.first)).toMatchObject({ criado_em: 9 });
  expect(writer.first).toMatchObject({
    opened: { names: expect.arrayContaining(['jobState', 'createJob']) },
  });
  expect(await writer.ask({ id: 3, name: 'hasAccount', args: [] })).toEqual({ id: 3, value: false });
  const text = packGroup([{ name: 'keepEvents', args: [[]] }]);
  const answer = await writer.ask({ id: 4, group: text, after: 0 });
  expect(answer).toMatchObject({ id: 4 });
  expect('group' in answer && unpackAnswers(answer.group)).toEqual([undefined]);
  await writer.close();
});

test('what a call throws is its answer, and the thread goes on', async () => {
  const writer = await serve();
  const refused = await writer.ask({ id: 1, name: 'releaseNext', args: ['demo', 'nobody', {}] });
  expect(refused).toMatchObject({ id: 1, error: { isApp: true, code: expect.any(String) } });
  expect(await writer.ask({ id: 2, name: 'no such call', args: [] })).toMatchObject({
    error: { name: 'TypeError' },
  });
  expect(await writer.ask({ id: 3, name: 'hasAccount', args: [] })).toEqual({ id: 3, value: false });
  await writer.close();
});

test('a group that was sent before the failure of one ahead of it was known is refused', async () => {
  const writer = await serve();
  const good = packGroup([{ name: 'keepEvents', args: [[]] }]);
  const bad = packGroup([{ name: 'no such group', args: [] }]);
  expect(await writer.ask({ id: 1, group: bad, after: 0 })).toMatchObject({ error: { name: 'TypeError' } });
  expect(await writer.ask({ id: 2, group: good, after: 0 })).toMatchObject({
    error: { code: 'SQLITE_BUSY' },
  });
  expect(await writer.ask({ id: 3, group: good, after: 1 })).toMatchObject({ id: 3, group: '[null]' });
  await writer.close();
});

test('a reader sees what the writer has committed, and cannot write', async () => {
  const writer = await serve();
  const reader = await serve({ reader: installationOf(writer.first) });
  expect(await reader.ask({ id: 1, name: 'listAudit', args: ['demo', { limit: 5 }] })).toEqual({
    ...{ id: 1, value: [] },
  });
  expect(await reader.ask({ id: 2, name: 'proveCommit', args: [1] })).toMatchObject({
    error: { code: 'SQLITE_READONLY' },
  });
  await reader.close();
  await writer.close();
});

test('a database that cannot be opened is refused with its reason', async () => {
  const { first } = await serve({ reader: { epoch: 'e', instance: 'i', criado_em: 0 } });
  expect(first).toMatchObject({ refused: { code: 'SQLITE_CANTOPEN' } });
});
