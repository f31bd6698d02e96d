import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from './store.ts';

let dir: string;
let store: Awaited<ReturnType<typeof openStore>>;
const at = 1_790_000_000_000;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'yaguts-keys-'));
  store = await openStore({ dir });
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const key = { escopo: 'http:u:ana', chave: 'k1', digest: 'd', quem: 'ana' };
const begin = (now: number) => store.beginRequest('demo', key, { now, expiraEm: now + 86_400_000 });
/** The platform dies and is started again. */
const restart = async (): Promise<void> => {
  await store.close();
  store = await openStore({ dir });
};
const act = (em: number, quem = 'ana') =>
  store.appendAudit('demo', { em, quem, acao: 'job.create', alvo: 'job:1' });

test('a request cut by a crash is run again: nothing was done, so nothing is done twice', async () => {
  expect(await begin(at)).toBeUndefined();
  await expect(begin(at + 1)).rejects.toMatchObject({ code: 'conflict' });
  await restart();
  expect(await begin(at + 5_000)).toBeUndefined();
  await store.finishRequest('demo', key, { status: 201, resposta: 'done' });
  await restart();
  expect(await begin(at + 6_000)).toEqual({ status: 201, resposta: 'done' });
});

test('a request that had done its work when the platform died is not run again', async () => {
  await begin(at);
  await act(at + 20);
  await restart();
  await expect(begin(at + 5_000)).rejects.toMatchObject({ code: 'conflict' });
});

test('what leaves no act is never run a second time, whether it was done or not', async () => {
  const told = { ...key, semAto: true };
  const times = { now: at, expiraEm: at + 86_400_000 };
  expect(await store.beginRequest('demo', told, times)).toBeUndefined();
  await restart();
  await expect(store.beginRequest('demo', told, { ...times, now: at + 5_000 })).rejects.toMatchObject({
    code: 'conflict',
  });
});

test('what others did meanwhile, or the person at another time, does not count', async () => {
  await act(at - 1);
  await begin(at);
  await act(at + 20, 'bia');
  await act(at + 30_001);
  await restart();
  expect(await begin(at + 60_000)).toBeUndefined();
});

test('another request under the key of one that was cut is still refused', async () => {
  await begin(at);
  await restart();
  const other = store.beginRequest('demo', { ...key, digest: 'e' }, { now: at, expiraEm: at + 1 });
  await expect(other).rejects.toMatchObject({ code: 'idempotency_reuse' });
});
