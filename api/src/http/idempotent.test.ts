import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { issueToken } from '../flows/issue-token.ts';
import { idempotency } from '../store/schema/index.ts';
import { openTestApp, problemFrom, type TestApp } from './test-app.ts';

let kitchen: TestApp;
const open = async (...args: Parameters<typeof openTestApp>): Promise<TestApp> => {
  await kitchen?.deps.close();
  kitchen = await openTestApp(...args);
  return kitchen;
};
beforeEach(async () => void (await open()));
afterEach(() => kitchen.deps.close());
const bearer = async (): Promise<Record<string, string>> => {
  const made = await issueToken(kitchen.deps, { org: 'demo', user: 'ana' }, { nome: 't', expira_em: null });
  return { Authorization: `Bearer ${made.token}` };
};

describe('Idempotency-Key', () => {
  const post = async (key: string, body: unknown, headers: Record<string, string>) =>
    kitchen.send('POST', '/api/tokens', { body, headers: { ...headers, 'Idempotency-Key': key } });

  test('the first success is given again, and nothing is made twice', async () => {
    const headers = await bearer();
    const first = await post('k1', { nome: 'x' }, headers);
    const again = await post('k1', { nome: 'x' }, headers);
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await again.text()).toBe(await first.text());
    expect(await kitchen.deps.store.listTokens('demo', 'ana')).toHaveLength(2);
  });

  test('an answer is kept encrypted, since it may hold a secret', async () => {
    const made = (await (await post('k1', { nome: 'x' }, await bearer())).json()) as { token: string };
    const { orm } = kitchen.deps.store.parts.db;
    const stored = JSON.stringify(orm.select().from(idempotency).all());
    expect(stored).toContain('k1');
    expect(stored).not.toContain(made.token);
  });

  test('the same key with another body is refused', async () => {
    const headers = await bearer();
    await post('k1', { nome: 'x' }, headers);
    expect(await problemFrom(await post('k1', { nome: 'y' }, headers))).toMatchObject({
      status: 422,
      code: 'idempotency_reuse',
    });
  });

  test('the same key at once makes one thing, and all get its answer', async () => {
    const headers = await bearer();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('k1', { nome: 'x' }, headers)));
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
    expect(await kitchen.deps.store.listTokens('demo', 'ana')).toHaveLength(2);
  });

  test('a refusal gives the key back', async () => {
    const headers = await bearer();
    expect((await post('k1', { nome: '' }, headers)).status).toBe(422);
    expect((await post('k1', { nome: 'x' }, headers)).status).toBe(201);
  });

  test('a request that is under way is not run a second time', async () => {
    const headers = await bearer();
    const { store } = kitchen.deps;
    const now = kitchen.deps.now();
    const { createHash } = await import('node:crypto');
    const digest = createHash('sha256').update('/api/tokens\n').update('{"nome":"x"}').digest('hex');
    await store.beginRequest(
      'demo',
      { escopo: 'http:u:ana', chave: 'k1', digest, quem: 'ana' },
      { now, expiraEm: now + 1_000 },
    );
    expect(await problemFrom(await post('k1', { nome: 'x' }, headers))).toMatchObject({ code: 'conflict' });
  });

  test('an event whose answer a stop has cut off is not told twice', async () => {
    const headers = await bearer();
    const tell = () =>
      kitchen.send('POST', '/api/events', {
        ...{ body: { type: 'pedido:novo' }, headers: { ...headers, 'Idempotency-Key': 'k1' } },
      });
    expect((await tell()).status).toBe(202);
    // What the next process finds of one that died before it wrote the answer down.
    const { orm } = kitchen.deps.store.parts.db;
    orm.update(idempotency).set({ status: null, resposta: null, processo: 'dead' }).run();
    expect(await problemFrom(await tell())).toMatchObject({ status: 409, code: 'conflict' });
    expect(kitchen.deps.notified).toHaveLength(1);
  });

  test('a key is forgotten after 24 hours, belongs to one person, and has a plain shape', async () => {
    const headers = await bearer();
    await post('k1', { nome: 'x' }, headers);
    kitchen.deps.advance(24 * 60 * 60 * 1_000);
    expect((await post('k1', { nome: 'y' }, headers)).status).toBe(201);
    expect(await problemFrom(await post('x'.repeat(129), { nome: 'x' }, headers))).toMatchObject({
      code: 'invalid',
    });
  });
});
