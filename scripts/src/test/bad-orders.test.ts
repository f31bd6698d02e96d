import type { JobState, PayloadOf, Problem, Receita } from '@yaguts/shared';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoOrg, demoUser } from '../demo/kitchen.ts';
import { httpClient } from '../http-client.ts';
import { expectExact } from './exactness.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// Orders and requests of people that cannot be: refused with the reason, over HTTP and over MQTT alike, and
// nothing is half-made.

let house: TestHouse;
let person: MqttClient;
const receitas: Record<string, number> = {};
beforeAll(async () => {
  house = await openHouse();
  person = await house.person();
  await house.api.call('POST', '/api/temperos', { nome: 'Açafrão' });
  receitas.baiano = house.kitchen.receitas[0]?.id ?? 0;
  receitas.semFrasco = await receita('Sem frasco', 'Açafrão', 1);
  // 800 g of Sal take 100 s; a frasco of this kitchen runs 60 s at most.
  receitas.longa = await receita('Longa demais', 'Sal', 800);
  receitas.demais = await receita('Mais do que há', 'Louro', 19);
});
afterAll(() => house.close());

async function receita(nome: string, tempero: string, quantidade_g: number): Promise<number> {
  return (
    await house.api.call<Receita>('POST', '/api/receitas', { nome, itens: [{ tempero, quantidade_g }] })
  ).id;
}

async function expectNothingMade(): Promise<void> {
  const { rows } = await house.api.call<{ rows: JobState[] }>('GET', '/api/jobs');
  expect(rows).toEqual([]);
  await expectExact(house, 'mao', []);
  await expectExact(house, 'cozinha', []);
}

let asked = 0;
async function askOverMqtt(op: string, body: object): Promise<PayloadOf<'userResponse'>> {
  const id = `pedido-${++asked}`;
  const at = { org: demoOrg, user: demoUser, op };
  const answer = house.message(person, 'userResponse', at as never, (said) => said.id === id);
  await person.publishAsync(
    `yaguts/v1/${demoOrg}/users/${demoUser}/req/${op}`,
    JSON.stringify({ id, ...body }),
    { qos: 1 },
  );
  return answer;
}

const order = (more: object): object => ({
  receita_id: receitas.baiano,
  multiplicador: 1,
  device: 'mao',
  ...more,
});

test.each<[string, () => object, Problem['code'], RegExp]>([
  ['multiplicador 0', () => order({ multiplicador: 0 }), 'invalid', /multiplicador/],
  ['multiplicador −1', () => order({ multiplicador: -1 }), 'invalid', /multiplicador/],
  ['multiplicador 1e9', () => order({ multiplicador: 1e9 }), 'invalid', /multiplicador/],
  ['multiplicador as text', () => order({ multiplicador: '2' }), 'invalid', /multiplicador/],
  ['no multiplicador', () => order({ multiplicador: undefined }), 'invalid', /multiplicador/],
  ['a receita that is text', () => order({ receita_id: 'Tempero baiano' }), 'invalid', /receita_id/],
  ['an unknown receita', () => order({ receita_id: 9_999 }), 'not_found', /receita/i],
  ['an unknown device', () => order({ device: 'nenhum' }), 'not_found', /nenhum/],
  ['a device with a slash in its id', () => order({ device: 'mao/x' }), 'invalid', /device/],
  ['a device with a plus in its id', () => order({ device: '+' }), 'invalid', /device/],
  ['a device with a hash in its id', () => order({ device: 'mao#' }), 'invalid', /device/],
  ['a receita without a frasco', () => order({ receita_id: receitas.semFrasco }), 'sem_frasco', /Açafrão/],
  ['a job too long for the device', () => order({ receita_id: receitas.longa }), 'passo_longo', /Sal|frasco/],
  [
    'more than the estoque holds',
    () => order({ receita_id: receitas.demais }),
    'estoque_insuficiente',
    /Louro/,
  ],
])('an order with %s is refused with the reason, over HTTP and over MQTT', async (_, body, code, reason) => {
  const overHttp = await house.api.call('POST', '/api/jobs', body()).then(
    () => undefined,
    (error: { status: number; problem: Problem }) => error,
  );
  expect(overHttp?.problem.code).toBe(code);
  expect(overHttp?.status).toBeGreaterThanOrEqual(400);
  expect(overHttp?.status).toBeLessThan(500);
  expect(JSON.stringify(overHttp?.problem)).toMatch(reason);
  const overMqtt = await askOverMqtt('jobs.create', body());
  expect(overMqtt).toMatchObject({ ok: false, problem: { code } });
  expect(JSON.stringify(overMqtt.problem)).toMatch(reason);
  await expectNothingMade();
});

test('what is asked of a job that does not exist is not found, over HTTP and over MQTT', async () => {
  for (const verb of ['cancel', 'retry', 'pause', 'resume', 'close', 'approve', 'reject'])
    await expect(house.api.call('POST', `/api/jobs/4711/${verb}`, {}), verb).rejects.toMatchObject({
      status: 404,
    });
  for (const op of ['jobs.cancel', 'jobs.retry', 'jobs.approve', 'jobs.reject'])
    expect(await askOverMqtt(op, { job_id: 4711 }), op).toMatchObject({
      ok: false,
      problem: { code: 'not_found' },
    });
  expect(await askOverMqtt('jobs.cancel', { job_id: 'todos' })).toMatchObject({
    problem: { code: 'invalid' },
  });
});

test.each<[string, string | Buffer, number, Problem['code']]>([
  ['JSON that ends in the middle', '{"receita_id":1,', 400, 'bad_json'],
  ['a list in place of an object', '[1,2]', 400, 'bad_json'],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 400, 'bad_json'],
  ['70 KiB of something else', JSON.stringify({ device: 'x'.repeat(70 * 1_024) }), 422, 'invalid'],
  ['300 KiB', JSON.stringify({ device: 'x'.repeat(300 * 1_024) }), 413, 'too_large'],
])('a body of %s is refused over HTTP, and the next request is served', async (_, body, status, code) => {
  const response = await fetch(`${house.running.origin}/api/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${house.kitchen.token}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toMatch(/application\/problem\+json/);
  expect(await response.json()).toMatchObject({ code, status });
  await expectNothingMade();
});

test.each(['mao/x', 'mao+', '#', '../mao', 'MAO', '-mao', 'a'.repeat(37), ''])(
  'the id %j never becomes a device, nor a path to one',
  async (id) => {
    await expect(house.api.call('POST', '/api/devices', { id, nome: 'Mau' })).rejects.toMatchObject({
      status: 422,
    });
    if (id === '') return;
    for (const path of ['', '/queue', '/frascos', '/credentials'])
      await expect(
        house.api.call('GET', `/api/devices/${encodeURIComponent(id)}${path}`),
      ).rejects.toMatchObject({ status: 404 });
  },
);

test.each(['abc', '0', '-1', '1.5', '1e3', '99999999999999999999', '1%2F2', '%23'])(
  'a job called %s is not found',
  async (id) => {
    await expect(house.api.call('GET', `/api/jobs/${id}`)).rejects.toMatchObject({ status: 404 });
  },
);

test.each([
  ['empty', ''],
  ['made up', 'ygt_nonsense'],
  ["a device's with another secret", 'demo.mao:nonsense'],
  ['5,000 characters long', 'x'.repeat(5_000)],
])('a token that is %s opens nothing', async (_, token) => {
  const stranger = httpClient(house.running.origin, { token });
  await expect(stranger.call('POST', '/api/jobs', order({}))).rejects.toMatchObject({ status: 401 });
  await expect(stranger.call('GET', '/devices/me/next_job')).rejects.toMatchObject({ status: 401 });
  await expectNothingMade();
});

test('requests over MQTT that cannot be read do no harm, and the next one is answered', async () => {
  const name = `yaguts/v1/${demoOrg}/users/${demoUser}/req/jobs.create`;
  for (const payload of ['{"id":', '[]', '{"multiplicador":1}', Buffer.from([0xff, 0xfe]), '{"id":"","x":1}'])
    await person.publishAsync(name, payload, { qos: 1 });
  expect(await askOverMqtt('jobs.create', order({ multiplicador: 0 }))).toMatchObject({ ok: false });
  await expectNothingMade();
});
