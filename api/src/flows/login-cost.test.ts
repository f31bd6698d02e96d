import type * as Crypto from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openTestApp, type TestApp } from '../http/test-app.ts';
import { users } from '../store/schema/index.ts';

// Whether there is such a person must not be read from how long an answer takes. Clocks lie on a busy machine, so
// the work is counted: every scrypt, with its cost.

const { worked } = vi.hoisted(() => ({ worked: [] as string[] }));
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof Crypto>();
  const scrypt = (...[password, salt, bytes, cost, told]: Parameters<typeof real.scrypt>): void => {
    worked.push(JSON.stringify({ bytes, cost }));
    real.scrypt(password, salt, bytes, cost, told);
  };
  return { ...real, scrypt };
});

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp({ env: { YAGUTS_REQUESTS_PER_MINUTE: '100000' } });
  const person = { org_id: 'demo', role: 'leitor', permissoes: [], criado_em: 1 } as const;
  const senha = await app.deps.passwords.hash('a long password');
  app.deps.store.parts.db.orm
    .insert(users)
    .values([
      { ...person, user_id: 'gone', nome: 'Gone', senha, desativado_em: 2 },
      // Came with an archive, and has chosen no password yet.
      { ...person, user_id: 'new', nome: 'New', senha: null },
    ])
    .run();
});
afterEach(() => app.deps.close());

/** The work that one request makes the platform do, and what it answers. */
async function costOf(path: string, body: object, address: string) {
  worked.length = 0;
  const answer = await app.send('POST', path, { body, address });
  const { status, code, detail } = (await answer.json()) as Record<string, unknown>;
  return { work: [...worked], said: { status, code, detail } };
}

test('a wrong password costs and answers the same for who is there, disabled, without a password, or nobody', async () => {
  const people = ['ana', 'gone', 'new', 'nobody'];
  const costs: Awaited<ReturnType<typeof costOf>>[] = [];
  for (const [n, user] of people.entries())
    costs.push(await costOf('/api/session', { user, password: 'not the password' }, `10.0.${n}.1`));
  expect(costs[0]?.work).toHaveLength(1);
  expect(costs[0]?.said).toMatchObject({ status: 401, code: 'login_failed' });
  for (const [n, cost] of costs.entries()) expect(cost, people[n]).toEqual(costs[0]);
});

test('the right password of a disabled person costs and answers what a wrong one does', async () => {
  const right = await costOf('/api/session', { user: 'gone', password: 'a long password' }, '10.0.1.1');
  const wrong = await costOf('/api/session', { user: 'nobody', password: 'x' }, '10.0.2.1');
  expect(right).toEqual(wrong);
});

test('a guessed link costs no scrypt: nobody buys work with it', async () => {
  const code = 'a'.repeat(26);
  const password = 'a long password';
  const tries: [string, object][] = [
    ['/api/session/reset', { code, password }],
    ['/api/session/code', { code }],
    ['/api/invites/accept', { code, user: 'x', nome: 'X', password }],
    ['/api/setup', { code, org: 'x', org_nome: 'X', user: 'x', nome: 'X', password }],
  ];
  for (const [n, [path, body]] of tries.entries()) {
    const { work, said } = await costOf(path, body, `10.0.${n}.1`);
    expect([path, work]).toEqual([path, []]);
    expect(said.status, path).toBeGreaterThanOrEqual(400);
  }
});
