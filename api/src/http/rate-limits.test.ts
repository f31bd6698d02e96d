import type { RateLimits } from '@yaguts/shared';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addOrg } from '../identity/test-deps.ts';
import { openTestApp, type TestApp } from './test-app.ts';
import { type Menu, setMenu } from './test-menu.ts';

let kitchen: TestApp;
let menu: Menu;
const counters = () => ({ refused_connect_password: 3, messages_sent: 9, connects_paced: 1 });
beforeEach(async () => {
  kitchen = await openTestApp({ env: { YAGUTS_REQUESTS_PER_MINUTE: '600' } }, { counters });
  menu = await setMenu(kitchen);
});
afterEach(() => kitchen.deps.close());

const limitsFor = async (headers: Record<string, string>): Promise<RateLimits> => {
  const answer = await kitchen.send('GET', '/api/limits', { headers });
  expect(answer.status).toBe(200);
  return (await answer.json()) as RateLimits;
};
const untilRefused = async (ask: () => Promise<Response>): Promise<Response> => {
  for (let n = 0; n < 500; n++) {
    const answer = await ask();
    if (answer.status === 429) return answer;
  }
  throw new Error('never told to wait');
};

test('limits in force are shown, and nobody waited at first', async () => {
  const shown = await limitsFor(await kitchen.cookieOf('ana'));
  expect(shown).toMatchObject({ pessoas: [], dispensadores: [] });
  expect(shown.limites).toContainEqual({ tipo: 'person', por_minuto: 600, rajada: 150 });
  expect(shown.limites).toContainEqual({ tipo: 'report', por_minuto: 60, rajada: 10 });
});

test('people and devices told to wait are named to their own organisation, and the answer says until when', async () => {
  await addOrg(kitchen.deps, 'outra', 'dora');
  const dora = await kitchen.cookieOf('dora');
  // From two addresses in turn, so that it is the person and not the address that is told to wait.
  let n = 0;
  const refused = await untilRefused(() =>
    kitchen.send('GET', '/api/org', { headers: dora, address: `10.0.0.${++n % 2}` }),
  );
  expect(refused.headers.get('retry-after')).toBe('1');
  const { username, password } = menu.device;
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const asks = () => kitchen.send('GET', '/devices/me/next_job', { headers: { Authorization: basic } });
  expect((await untilRefused(asks)).headers.get('retry-after')).toBe('1');
  kitchen.deps.advance(60_000);

  const ours = await limitsFor(await kitchen.cookieOf('ana'));
  expect(ours.pessoas).toEqual([]);
  expect(ours.dispensadores).toMatchObject([{ device: 'cozinha', recusas: 1 }]);
  expect(ours.instalacao).toMatchObject({
    recusas: { person: 1, device: 1, address: 0, login: 0 },
    broker: { refused_connect_password: 3, connects_paced: 1 },
  });
  expect(ours.instalacao?.broker).not.toHaveProperty('messages_sent');
  const theirs = await limitsFor(dora);
  expect(theirs).toMatchObject({
    pessoas: [{ user: 'dora', recusas: 1 }],
    dispensadores: [],
    instalacao: null,
  });
});

test('logins told to wait are counted, for whoever runs the installation and for Prometheus', async () => {
  const headers = await kitchen.cookieOf('ana');
  const login = () =>
    kitchen.send('POST', '/api/session', { body: { user: 'ana', password: 'a wrong one' } });
  await untilRefused(login);
  const shown = await limitsFor(headers);
  expect(shown.instalacao?.recusas.login).toBe(1);
  const metrics = await (await kitchen.send('GET', '/metrics', { address: '127.0.0.1' })).text();
  expect(metrics).toContain('yaguts_rate_limited_total{by="login"} 1');
  expect(metrics).toContain('yaguts_rate_limit_per_minute{by="person"} 600');
  expect(metrics).not.toMatch(/demo|ana\b/);
});
