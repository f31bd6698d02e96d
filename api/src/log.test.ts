import { expect, test } from 'vitest';
import { createLog } from './log.ts';

function lines(): { out: { write(line: string): void }; all: Record<string, unknown>[] } {
  const all: Record<string, unknown>[] = [];
  return { all, out: { write: (line: string) => void all.push(JSON.parse(line)) } };
}

test('an event is one JSON line with its level, time, name and ids', () => {
  const { out, all } = lines();
  createLog('info', out).info('entries_settled', { org: 'demo', job_id: 7, itens: [2] });
  expect(all).toEqual([
    { level: 'info', time: expect.any(String), event: 'entries_settled', org: 'demo', job_id: 7, itens: [2] },
  ]);
});

test('secrets are cut out, at the top and one level down, and the code of a refusal stays', () => {
  const { out, all } = lines();
  createLog('info', out).warn('request_refused', {
    password: 'hunter2',
    code: 'login_failed',
    body: { code: 'one-time', password: 'hunter2' },
    headers: { cookie: 'session=abc', authorization: 'Bearer abc' },
  });
  expect(JSON.stringify(all)).not.toMatch(/hunter2|one-time|abc/);
  expect(all[0]).toMatchObject({ code: 'login_failed' });
});

test('an error keeps its message and stack', () => {
  const { out, all } = lines();
  createLog('error', out).error('request_failed', { error: new Error('disk on fire') });
  expect(all[0]?.error).toMatchObject({
    message: 'disk on fire',
    stack: expect.stringContaining('log.test'),
  });
});

test('lines below the level are not written', () => {
  const { out, all } = lines();
  const log = createLog('warn', out);
  log.debug('packet_seen');
  log.info('entries_settled');
  expect(all).toEqual([]);
});
