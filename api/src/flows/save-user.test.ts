import type { Principal } from '@yaguts/shared';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  addOrg,
  codeOf,
  entrancesOf,
  here,
  openTestDeps,
  setUpDemo,
  type TestDeps,
} from '../identity/test-deps.ts';
import { authenticateRequest } from './authenticate-request.ts';
import { issueToken } from './issue-token.ts';
import { login } from './login.ts';
import { changeUser, createUser } from './save-user.ts';

let deps: TestDeps;
beforeEach(async () => {
  deps = await openTestDeps();
});
afterEach(() => deps.close());

const { ana, connect } = entrancesOf(() => deps);

describe('people', () => {
  beforeEach(() => setUpDemo(deps));
  const owner = { org: 'demo', user: 'ana', permissions: ['people:manage', 'org:own'] as never[] };
  const asOwner = async () => {
    const found = await authenticateRequest(deps, { cookie: (await ana()).secret });
    return found?.kind === 'user' ? found : owner;
  };
  const bia = { user: 'bia', nome: 'Bia', role: 'operador', password: 'another long one' } as const;

  test('a person who is disabled is logged out everywhere and cannot log in', async () => {
    const actor = await asOwner();
    await createUser(deps, actor, bia);
    const session = await login(deps, bia, here);
    const token = await issueToken(deps, { org: 'demo', user: 'bia' }, { nome: 'x', expira_em: null });
    deps.connections.push((await connect('u.bia', token.token)) as Principal);
    await changeUser(deps, actor, 'bia', { desativado: true });
    expect(deps.connections).toEqual([]);
    expect(await authenticateRequest(deps, { cookie: session.secret })).toBeUndefined();
    expect(await connect('u.bia', token.token)).toBeUndefined();
    expect(await codeOf(login(deps, bia, here))).toBe('login_failed');
    await changeUser(deps, actor, 'bia', { desativado: false });
    expect(await codeOf(login(deps, bia, here))).toBe('no error');
  });

  test('another role counts from the next request, and the old sessions end', async () => {
    const actor = await asOwner();
    await createUser(deps, actor, bia);
    const before = await login(deps, bia, here);
    await changeUser(deps, actor, 'bia', { role: 'leitor' });
    expect(await authenticateRequest(deps, { cookie: before.secret })).toBeUndefined();
    const after = await login(deps, bia, here);
    const found = await authenticateRequest(deps, { cookie: after.secret });
    expect(found?.kind === 'user' && found.permissions).not.toContain('jobs:create');
  });

  test('an admin cannot make an owner, change one, or rise above', async () => {
    const actor = await asOwner();
    await createUser(deps, actor, { ...bia, role: 'admin' });
    const session = await login(deps, bia, here);
    const admin = await authenticateRequest(deps, { cookie: session.secret });
    if (admin?.kind !== 'user') throw new Error('bia is not logged in');
    expect(await codeOf(createUser(deps, admin, { ...bia, user: 'caio', role: 'dono' }))).toBe('forbidden');
    expect(await codeOf(changeUser(deps, admin, 'ana', { role: 'leitor' }))).toBe('forbidden');
    expect(await codeOf(changeUser(deps, admin, 'bia', { role: 'dono' }))).toBe('forbidden');
  });

  test('an org keeps its last owner, and a user id is taken once over all orgs', async () => {
    const actor = await asOwner();
    expect(await codeOf(changeUser(deps, actor, 'ana', { desativado: true }))).toBe('conflict');
    expect(await codeOf(changeUser(deps, actor, 'ana', { role: 'leitor' }))).toBe('conflict');
    await addOrg(deps, 'outra', 'bia');
    expect(await codeOf(createUser(deps, actor, bia))).toBe('already_exists');
    expect(await codeOf(changeUser(deps, actor, 'bia', { nome: 'x' }))).toBe('not_found');
  });
});
