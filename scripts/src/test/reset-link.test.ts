import type { SessionOut } from '@yaguts/shared';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { httpClient } from '../http-client.ts';
import { main } from '../reset-link.ts';
import { openHouse, type TestHouse } from './fixture.ts';

let house: TestHouse;
let said: string[];
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());
beforeEach(() => {
  said = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void said.push(String(line)));
  vi.spyOn(console, 'error').mockImplementation((line) => void said.push(String(line)));
  vi.stubEnv('YAGUTS_DATA_DIR', `${house.dir}/data`);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = 0;
});

const ask = async (...args: string[]): Promise<number> => {
  said = [];
  process.exitCode = 0;
  await main(args);
  return Number(process.exitCode ?? 0);
};

test('beside a running platform, for nobody, or without a name it says what to do and changes nothing', async () => {
  const { user } = house.kitchen;
  expect(await ask(user)).toBe(1);
  expect(said.join('\n')).toMatch(/has the data folder .* open; stop it first/);
  expect(await ask()).toBe(2);
  expect(said.join('\n')).toContain('Usage: npm run reset-link');
  vi.stubEnv('YAGUTS_DATA_DIR', `${house.dir}/nothing`);
  expect(await ask(user)).toBe(1);
  expect(said.join('\n')).toContain('There is no database');
});

test('the sole owner who forgot the password gets in again by the machine, and the audit says so', async () => {
  const { user } = house.kitchen;
  const before = httpClient(house.running.origin);
  await before.call('POST', '/api/session', { user, password: house.password });
  await house.running.stop();
  expect(await ask('nobody')).toBe(1);
  expect(said.join('\n')).toContain('There is no person with the user id nobody');
  expect(await ask(user, '--origin', 'https://kitchen.example')).toBe(0);
  const [, code] = /https:\/\/kitchen\.example\/nova-senha#code=(\S+)$/.exec(said.join('\n')) ?? [];
  await house.restart();
  const browser = httpClient(house.running.origin);
  await browser.call('POST', '/api/session/reset', { code, password: 'another long password' });
  expect((await browser.call<SessionOut>('GET', '/api/session')).user).toBe(user);
  await expect(before.call('GET', '/api/session')).rejects.toMatchObject({ status: 401 });
  const { rows } = await house.api.call<{ rows: { acao: string; quem: string }[] }>('GET', '/api/audit');
  expect(rows).toContainEqual(
    expect.objectContaining({ acao: 'password-reset.issue', alvo: `user:${user}`, quem: 'sistema' }),
  );
});
