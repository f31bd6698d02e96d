import { topic } from '@yaguts/shared';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { devices, orgs } from '../store/schema/index.ts';
import { mao, org } from '../store/test-store.ts';
import { createAcks } from './acks.ts';
import { createClearing } from './clearing.ts';
import { publishOrg, republish, sweepEndedJobs } from './republish.ts';
import { createNotify, createPublish } from './speak.ts';
import { openTestFlows, type TestFlows } from './test-flows.ts';

let t: TestFlows;
beforeEach(async () => {
  t = await openTestFlows();
});
afterEach(() => t.close());

const day = 24 * 60 * 60 * 1_000;

test('everything retained is published from the database, and what is nothing any more is cleared', async () => {
  t.now = 3 * day;
  const open = await t.makeJob();
  const ended = { status: 'done', fase: 'terminado' } as const;
  const fresh = await t.makeJob({ ...ended, terminado_em: t.now - 1_000 });
  const old = await t.makeJob({ ...ended, terminado_em: t.now - 2 * day });
  const gone = { config_reportada: [], birth: [], alertas: [], criado_em: 1, removido_em: 5 };
  t.store.parts.db.orm
    .insert(devices)
    .values({ org_id: org, device: 'velha', nome: 'Velha', ...gone })
    .run();
  const kept = topic('jobState', { org, job_id: open.job_id });
  const orphan = topic('jobState', { org, job_id: old.job_id });

  await republish(t.deps, [kept, orphan], (name) => void t.cleared.push(name));

  expect(t.cleared).toEqual([orphan]);
  const jobs = t.published.filter(({ key }) => key === 'jobState').map(({ params }) => params.job_id);
  expect(jobs).toEqual([open.job_id, fresh.job_id]);
  expect(t.last('jobsNext', { device: mao })).toMatchObject({ job_id: open.job_id, token: open.token });
  expect(t.last('jobsNext', { device: 'outra' })).toBeNull();
  expect(t.last('deviceState', { device: mao })).toMatchObject({ presence: 'never', nome: mao });
  expect(t.last('configDesired', { device: mao })).toMatchObject({ versao: 1 });
  expect(t.last('estoque', { device: 'outra', frasco: 4 })).toMatchObject({ saldo_g: 100 });
  for (const key of ['deviceState', 'jobsNext', 'configDesired', 'presence', 'birth'] as const) {
    expect(t.last(key, { device: 'velha' })).toBeNull();
  }
  expect(t.published.at(-1)).toMatchObject({
    key: 'serverState',
    payload: { state: 'online', version: '0.3.0' },
  });
});

test('the state of a job is cleared a day after its end, once', async () => {
  t.now = 10 * day;
  const ended = { status: 'done', fase: 'terminado' } as const;
  const { job_id } = await t.makeJob({ ...ended, terminado_em: t.now - day - 5 });
  await t.makeJob({ ...ended, terminado_em: t.now - day + 5 });
  const until = await sweepEndedJobs(t.deps, 8 * day);
  expect(t.published).toEqual([{ key: 'jobState', params: { org, job_id }, payload: null }]);
  await sweepEndedJobs(t.deps, until);
  expect(t.published).toHaveLength(1);
});

test('acks of one job in one turn are one message, of two tokens two', async () => {
  const ack = createAcks(t.deps.publish);
  const to = { org, device: mao, job_id: 7, token: 'aaaaaaaaaaaaaaaa' };
  ack(to, { itens: [1] });
  ack(to, { itens: [1, 2], rejected: [{ item_ordem: 2, code: 'token' }] });
  ack(to, { complete: true });
  ack({ ...to, token: 'bbbbbbbbbbbbbbbb' }, { itens: [3] });
  expect(t.published).toEqual([]);
  await t.settled();
  expect(t.all('jobAck')).toEqual([
    { token: to.token, itens: [1, 2], complete: true, rejected: [{ item_ordem: 2, code: 'token' }] },
    { token: 'bbbbbbbbbbbbbbbb', itens: [3], complete: false },
  ]);
});

test('a retained copy is cleared once for each copy that was dealt with, and only then', () => {
  const cleared: string[] = [];
  const clearing = createClearing((name) => cleared.push(name));
  const some = Buffer.from('x');
  clearing.routed('a', true, some);
  expect(cleared).toEqual([]);
  clearing.mark('a');
  clearing.mark('a');
  clearing.routed('a', true, Buffer.alloc(0));
  clearing.routed('a', true, some);
  clearing.routed('a', false, some);
  clearing.routed('a', true, some);
  expect(cleared).toEqual(['a']);
});

test('publishing takes QoS and retain from the table, and never throws', () => {
  const sent: unknown[] = [];
  const publish = createPublish((...message) => sent.push(message), t.deps.log);
  publish('jobsNext', { org, device: mao }, null);
  publish('jobAck', { org, device: mao, job_id: 1 }, { token: 'a', itens: [], complete: true });
  publish('jobsNext', { org: 'a/b', device: mao }, null);
  publish('orgEvent', { org, type: 'x' }, { id: '1', type: 'x', ts: 1, data: { text: 'x'.repeat(20_000) } });
  const root = `yaguts/v1/${org}/devices/${mao}/jobs`;
  expect(sent).toEqual([
    [`${root}/next`, '', { qos: 1, retain: true }],
    [`${root}/1/ack`, '{"token":"a","itens":[],"complete":true}', { qos: 1, retain: false }],
  ]);
  expect(t.logged.map(({ event }) => event)).toEqual(['publish_failed', 'publish_failed']);
});

test('an event goes to the org or to one person, with an id and a time', () => {
  const notify = createNotify({ ...t.deps, random: (n) => Buffer.alloc(n, 1), now: () => 5 });
  notify(org, 'task:created', { job_id: 1 });
  notify(org, 'connected', {}, 'ana');
  const id = '0101010101010101';
  expect(t.published).toEqual([
    {
      key: 'orgEvent',
      params: { org, type: 'task:created' },
      payload: { id, type: 'task:created', ts: 5, data: { job_id: 1 } },
    },
    {
      key: 'userEvent',
      params: { org, user: 'ana', type: 'connected' },
      payload: { id, type: 'connected', ts: 5, data: {} },
    },
  ]);
  expect(() => notify(org, 'UPPER', {})).toThrow(TypeError);
});

test('an archive that is still being written has nothing published, on a broker that comes back either; whole, it has all', async () => {
  t.now = 3 * day;
  const { orm } = t.store.parts.db;
  const meia = { org_id: 'meia', nome: 'Meia', criado_em: 1, importando_desde: 2 };
  orm.insert(orgs).values(meia).run();
  const lists = { config_reportada: [], birth: [], alertas: [] };
  orm
    .insert(devices)
    .values({ org_id: 'meia', device: 'balcao', nome: 'Balcão', ...lists, criado_em: 1 })
    .run();
  const topics = () => t.published.filter(({ params }) => params.org === 'meia').map(({ key }) => key);

  const early = topic('deviceState', { org: 'meia', device: 'balcao' });
  await republish(t.deps, [early], (name) => void t.cleared.push(name));
  expect(topics()).toEqual([]);
  expect(t.cleared).toEqual([early]);

  orm.update(orgs).set({ importando_desde: null }).run();
  t.published.length = 0;
  await publishOrg(t.deps, 'meia');
  expect(topics()).toEqual(expect.arrayContaining(['deviceState', 'jobsNext', 'configDesired']));
  expect(t.published.every(({ params }) => params.org === 'meia')).toBe(true);
});
