import { type Birth, topic } from '@yaguts/shared';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deviceCredentials, frascos } from '../store/schema/index.ts';
import { entryOf, mao, org, token } from '../store/test-store.ts';
import { completeV02 } from './complete-v02.ts';
import { createHandleInbound } from './handle-inbound.ts';
import { nextJobV02 } from './next-job-v02.ts';
import { openTestFlows, type TestFlows } from './test-flows.ts';

let t: TestFlows;
beforeEach(async () => {
  t = await openTestFlows();
  t.store.parts.db.orm
    .insert(deviceCredentials)
    .values({ org_id: org, device: mao, id: '1', hmac: 'x', criado_em: 1 })
    .run();
});
afterEach(() => t.close());

const at = (job_id: number, item_ordem: number) => ({ job_id, item_ordem });
const running = (given = {}) =>
  t.makeJob({ status: 'running', fase: 'dispensando', iniciado_em: 20, ...given });
const birth = (given: Partial<Birth> = {}): Birth => ({
  ...{ fw_version: '0.3.0', hw: 'esp32', schema: 1, journal_id: 'j1', boot_id: 'b1', hi: 0, epoch: null },
  ...{ reset_reason: 'power', frascos: 8, capabilities: [], active: null },
  limits: { max_itens: 24, max_job_bytes: 3_072, max_step_ms: 180_000 },
  ...given,
});
const complete = (job_id: number, given = {}) => ({
  ...{ v: 1 as const, job_id, seq: 1, token, itens_completados: 3, itens_falhados: 0, itens_cancelados: 0 },
  execution_logs: [],
  ...given,
});
const types = () => t.notified.map(({ type }) => type);

test('an entry is acked after its commit, its retained copy cleared, and browsers told', async () => {
  const { job_id } = await running();
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1));
  expect(t.job(job_id).itens_completados).toBe(1);
  await t.settled();
  expect(t.last('jobAck')).toEqual({ token, itens: [1], complete: false });
  expect(t.cleared).toEqual([topic('jobLog', { org, device: mao, ...at(job_id, 1) })]);
  expect(t.all('jobEvents')).toMatchObject([
    { seq: 1, type: 'execution_log_entry', data: { item_ordem: 1, status: 'done', segundos: 1.25 } },
  ]);
  expect(t.last('jobState')).toMatchObject({ evento: 1, itens_completados: 1, status: 'running' });
  expect(t.last('estoque', { frasco: 1 })).toMatchObject({ saldo_g: 98, reservado_g: 0, tempero: 'Sal' });
  expect(t.all('estoque')).toHaveLength(1);
});

test('entries of one turn are committed together and acked in one message', async () => {
  const { job_id } = await running();
  await Promise.all([1, 2].map((item) => t.hear('jobLog', at(job_id, item), entryOf(job_id, item))));
  await t.settled();
  expect(t.all('jobAck')).toEqual([{ token, itens: [1, 2], complete: false }]);
  expect(t.store.commitCounters()).toMatchObject({ batches: 1, bodies: 2 });
});

test('what one batch changes is published once: events each, snapshot and estoque as they are at the end', async () => {
  const { job_id } = await running();
  await Promise.all([1, 2, 3].map((item) => t.hear('jobLog', at(job_id, item), entryOf(job_id, item))));
  await t.settled();
  expect(t.all('jobEvents')).toHaveLength(4);
  expect(t.all('jobState')).toMatchObject([{ status: 'done', evento: 4 }]);
  expect(t.all('estoque')).toHaveLength(3);
});

test('a frasco that falls below its minimum is told to the org', async () => {
  t.store.parts.db.orm.update(frascos).set({ minimo_mg: 99_000 }).run();
  const { job_id } = await running();
  await t.hear('jobLog', at(job_id, 2), entryOf(job_id, 2));
  await t.settled();
  expect(t.notified).toEqual([
    { org, type: 'estoque:low', data: { device: mao, frasco: 2, saldo_g: 98, minimo_g: 99 } },
  ]);
  expect(t.last('estoque', { frasco: 2 })).toMatchObject({ baixo: true });
});

test('the last entry ends the job: execution_complete, jobs/next emptied, the org is told', async () => {
  const { job_id } = await running();
  for (const item of [1, 2, 3]) await t.hear('jobLog', at(job_id, item), entryOf(job_id, item));
  await t.settled();
  expect(t.all('jobEvents').map((event) => event?.seq)).toEqual([1, 2, 3, 4]);
  expect(t.all('jobEvents').at(-1)).toMatchObject({ type: 'execution_complete', data: { status: 'done' } });
  expect(t.last('jobsNext')).toBeNull();
  expect(types()).toEqual(['agent:execution:complete', 'task:executed']);
  t.forget();
  await t.hear('jobComplete', { job_id }, complete(job_id));
  await t.settled();
  expect(t.last('jobAck')).toEqual({ token, itens: [], complete: true });
  expect(types()).toEqual([]);
});

test('a complete with entries missing is not acked complete and its retained copy stays', async () => {
  const { job_id } = await running();
  await t.hear('jobComplete', { job_id }, complete(job_id, { execution_logs: [entryOf(job_id, 2)] }));
  await t.settled();
  expect(t.all('jobAck')).toEqual([{ token, itens: [2], complete: false }]);
  expect(t.cleared).toEqual([]);
  t.forget();
  await t.hear('jobComplete', { job_id }, complete(job_id));
  await t.settled();
  expect(t.all('jobAck')).toEqual([]);
});

test('a failed job is told as an error', async () => {
  const { job_id } = await running({ frascos: [1] });
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1, { status: 'failed', error: 'timeout: stuck' }));
  await t.settled();
  expect(types()).toEqual(['agent:execution:error', 'task:executed']);
});

test('a report put aside is acked with its own token, with the code, and the org is told', async () => {
  const { job_id } = await running();
  const foreign = { token: '0000000000000000' };
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1, foreign));
  await t.hear('jobComplete', { job_id: 400 }, complete(400, { ...foreign }));
  await t.settled();
  expect(t.all('jobAck')).toEqual([
    { ...foreign, itens: [1], complete: false, rejected: [{ item_ordem: 1, code: 'token' }] },
    { ...foreign, itens: [], complete: true },
  ]);
  expect(t.last('estoque', { frasco: 1 })).toMatchObject({ recontar: true });
  expect(t.notified).toMatchObject([
    { type: 'device:alert', data: { device: mao, code: 'reportes_de_lado', motivo: 'token' } },
    { type: 'device:alert', data: { motivo: 'desconhecido' } },
  ]);
  expect(t.cleared).toHaveLength(2);
});

test("another device's job is not acked; a security event is logged", async () => {
  const { job_id } = await running();
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1), 'outra');
  await t.hear('jobComplete', { job_id }, complete(job_id), 'outra');
  await t.settled();
  expect(t.all('jobAck')).toEqual([]);
  expect(t.logged.map(({ event }) => event)).toEqual(['security_foreign_job', 'security_foreign_job']);
});

test('a device cannot speak on the topics of another device or org', async () => {
  const { job_id } = await running();
  const handle = createHandleInbound(t.deps, { mark: () => undefined, routed: () => undefined });
  const params = { org, device: mao, ...at(job_id, 1) };
  for (const principal of [
    { kind: 'device' as const, org, device: 'outra', credential: 'd:2' },
    { kind: 'device' as const, org: 'fora', device: mao, credential: 'd:3' },
    { kind: 'claim' as const, code: 'abcdefgh', credential: 'c' },
  ]) {
    await handle({
      ...{ principal, topic: topic('jobLog', params), match: { key: 'jobLog', params } },
      payload: Buffer.from(JSON.stringify(entryOf(job_id, 1))),
    });
  }
  expect(t.job(job_id).itens_completados).toBe(0);
  expect(t.logged.map(({ event }) => event)).toEqual(Array(3).fill('security_foreign_topic'));
});

test.each([
  ['not JSON', '{"v":1'],
  ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ['70 KiB', Buffer.alloc(70_000, 'x')],
  ['an array', '[1]'],
  ['wrong types', JSON.stringify({ v: 1, job_id: '1', item_ordem: 'one' })],
  ['another item than its topic', JSON.stringify({ ...entryOf(1, 2), job_id: 1 })],
  ['another job than its topic', JSON.stringify(entryOf(99, 1))],
])('a report with %s is kept for a person and answered from its third copy', async (_, payload) => {
  const { job_id } = await running();
  const name = topic('jobLog', { org, device: mao, ...at(job_id, 1) });
  for (let copy = 1; copy <= 3; copy++) {
    await t.hear('jobLog', at(job_id, 1), payload);
    await t.settled();
    expect(t.all('jobAck')).toHaveLength(copy < 3 ? 0 : 1);
  }
  expect(t.last('jobAck')).toMatchObject({
    token,
    itens: [1],
    rejected: [{ item_ordem: 1, code: 'ilegivel' }],
  });
  expect(t.tables().rejected).toMatchObject([{ code: 'ilegivel', vezes: 3, topic: name }]);
  expect(t.cleared).toEqual([name, name, name]);
  // The item can still be told well.
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1));
  expect(t.job(job_id).itens_completados).toBe(1);
});

test('an empty payload is nobody’s report', async () => {
  const { job_id } = await running();
  await t.hear('jobLog', at(job_id, 1), Buffer.alloc(0));
  await t.settled();
  expect([t.published, t.logged, t.tables().rejected]).toEqual([[], [], []]);
});

test('leave to start is given once and again to the same journal, with the time', async () => {
  const { job_id } = await t.makeJob();
  await t.hear('birth', {}, birth());
  t.forget();
  t.now = 500;
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  expect(t.last('startAccepted')).toEqual({ seq: 1, token, now: 500 });
  expect(t.job(job_id)).toMatchObject({
    status: 'running',
    iniciado_em: 500,
    journal_id: 'j1',
    fw_version: '0.3.0',
  });
  expect(types()).toEqual(['agent:execution:start']);
  expect(t.last('deviceState')).toMatchObject({ job: { job_id, status: 'running' } });
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  expect(t.all('startAccepted')).toHaveLength(2);
  expect(types()).toEqual(['agent:execution:start']);
});

test('a device with another journal is refused and the job closed for a person to look into the bowl', async () => {
  const { job_id } = await t.makeJob();
  await t.hear('birth', {}, birth());
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1));
  await t.settled();
  t.forget();
  await t.hear('birth', {}, birth({ journal_id: 'j2', boot_id: 'b2' }));
  expect(t.job(job_id)).toMatchObject({
    status: 'done_partial',
    motivo: 'diario_perdido',
    fechado_a_forca: true,
  });
  expect(types()).toEqual(['device:alert', 'agent:execution:complete', 'task:executed']);
  expect(t.last('jobsNext')).toBeNull();
  expect(t.last('deviceState')).toMatchObject({ alertas: [{ code: 'diario_perdido' }] });
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  expect(t.last('startRejected')).toMatchObject({ code: 'terminado' });
});

test('a job that began before any birth belongs to the first journal that asks', async () => {
  const { job_id } = await running();
  await t.hear('birth', {}, birth());
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  expect(t.all('startAccepted')).toHaveLength(1);
  await t.hear('birth', {}, birth({ journal_id: 'j2', boot_id: 'b2' }));
  expect(t.job(job_id)).toMatchObject({ status: 'canceled', motivo: 'diario_perdido' });
});

test('after a restore the old entries of a finished device end its job and bring the next', async () => {
  const old = await running({ frascos: [1], token: '1111111111111111' });
  const { job_id } = await t.makeJob({ fase: 'na_fila', liberado: true, seq: null });
  await t.hear('birth', {}, birth({ hi: 1 }));
  expect(t.job(job_id)).toMatchObject({ fase: 'na_fila' });
  await t.hear('jobLog', at(old.job_id, 1), entryOf(old.job_id, 1, { token: '1111111111111111' }));
  expect(t.job(old.job_id)).toMatchObject({ status: 'done' });
  expect(t.job(job_id)).toMatchObject({ fase: 'ofertado', seq: 2 });
});

test('a start with another journal than began the job is refused diario_perdido', async () => {
  const { job_id } = await running({ journal_id: 'old' });
  await t.hear('jobStart', { job_id }, { seq: 1, token });
  expect(t.last('startRejected')).toMatchObject({ seq: 1, code: 'diario_perdido' });
  expect(t.job(job_id)).toMatchObject({ status: 'canceled', motivo: 'diario_perdido', itens_cancelados: 3 });
  expect(t.tables().frascos.every(({ reservado_mg }) => reservado_mg === 0)).toBe(true);
});

test('a start is refused for what is over, unknown, not offered or too old', async () => {
  const { job_id } = await t.makeJob({ status: 'canceled', fase: 'terminado' });
  const start = async (id: number, seq = 1, secret = token) => {
    await t.hear('jobStart', { job_id: id }, { seq, token: secret });
    return t.last('startRejected')?.code;
  };
  expect(await start(job_id)).toBe('terminado');
  expect(await start(job_id, 9)).toBe('terminado');
  expect(await start(999)).toBe('desconhecido');
  const offered = await t.makeJob({ expira_em: 50 });
  expect(await start(offered.job_id, 7)).toBe('desconhecido');
  expect(await start(offered.job_id, 1, '0000000000000000')).toBe('desconhecido');
  expect(await start(offered.job_id)).toBe('expirado');
  expect(t.job(offered.job_id)).toMatchObject({ status: 'canceled', motivo: 'expirado' });
  const waiting = await t.makeJob({ fase: 'na_fila' });
  expect(await start(waiting.job_id)).toBe('desconhecido');
  expect(t.all('startAccepted')).toEqual([]);
});

test.each([
  ['ocupado', { status: 'queued', fase: 'na_fila', motivo: 'ocupado' }],
  ['expirado', { status: 'canceled', motivo: 'expirado' }],
  ['frasco', { status: 'failed', motivo: 'recusado: frasco (no such jar)' }],
  ['limite', { status: 'failed' }],
  ['tigela', { status: 'failed' }],
  ['invalido', { status: 'failed' }],
  ['something_new', { status: 'failed' }],
])('an offer refused as %s leaves the job as the contract says', async (code, expected) => {
  const { job_id } = await t.makeJob();
  await t.hear('jobRejected', { job_id }, { seq: 1, token, code, message: 'no such jar' });
  expect(t.job(job_id)).toMatchObject(expected);
  const reserved = expected.status === 'queued' ? 2_000 : 0;
  expect(t.tables().frascos[0]).toMatchObject({ reservado_mg: reserved });
  expect(t.last('jobState')).toMatchObject({ status: expected.status });
});

test('an offer refused as duplicado is offered again with a new seq', async () => {
  await t.hear('birth', {}, birth({ hi: 40 }));
  const { job_id } = await t.makeJob({ liberado: true });
  await t.hear('jobRejected', { job_id }, { seq: 1, token, code: 'duplicado', message: '' });
  expect(t.job(job_id)).toMatchObject({ status: 'queued', fase: 'ofertado', seq: 41 });
  expect(t.last('jobsNext')).toMatchObject({ job_id, seq: 41 });
});

test('a refusal of an offer that does not stand changes nothing', async () => {
  const { job_id } = await running();
  await t.hear('jobRejected', { job_id }, { seq: 1, token, code: 'frasco', message: '' });
  await t.hear('jobRejected', { job_id }, { seq: 1, token: '0000000000000000', code: 'frasco', message: '' });
  expect(t.job(job_id)).toMatchObject({ status: 'running', versao: 1 });
});

test('a job that lapsed between its leave and the flash of the device is canceled, not waited for', async () => {
  const { job_id } = await running();
  await t.hear('jobRejected', { job_id }, { seq: 1, token, code: 'expirado', message: '' });
  expect(t.job(job_id)).toMatchObject({ status: 'canceled', motivo: 'expirado' });
  expect(t.tables().frascos[0]).toMatchObject({ reservado_mg: 0 });
});

test('a job that has reported does not lapse', async () => {
  await t.hear('birth', {}, birth());
  const { job_id } = await running({ frascos: [4, 4] });
  await t.hear('jobLog', at(job_id, 1), entryOf(job_id, 1, { frasco: 4 }));
  await t.hear('jobRejected', { job_id }, { seq: 1, token, code: 'expirado', message: '' });
  expect(t.job(job_id)).toMatchObject({ status: 'running' });
});

test('a busy device gets its job again when it is free', async () => {
  await t.hear('birth', {}, birth());
  const first = await running({ token: '1111111111111111', frascos: [4] });
  const { job_id } = await t.makeJob({ liberado: true, seq: 2 });
  await t.hear('jobRejected', { job_id }, { seq: 2, token, code: 'ocupado', message: '' });
  const word = { token: '1111111111111111', frasco: 4 };
  await t.hear('jobLog', at(first.job_id, 1), entryOf(first.job_id, 1, word));
  const account = complete(first.job_id, { ...word, itens_completados: 1 });
  await t.hear('jobComplete', { job_id: first.job_id }, account);
  expect(t.job(job_id)).toMatchObject({ fase: 'ofertado', motivo: 'ocupado' });
  expect(t.last('jobsNext')).toMatchObject({ job_id });
});

test('a device kept busy by a job that a restored backup does not know gets its job when that one is put aside', async () => {
  await t.hear('birth', {}, birth());
  const { job_id } = await t.makeJob({ liberado: true, seq: 2 });
  await t.hear('jobRejected', { job_id }, { seq: 2, token, code: 'ocupado', message: '' });
  expect(t.job(job_id)).toMatchObject({ fase: 'na_fila', motivo: 'ocupado' });
  await t.hear('jobComplete', { job_id: 400 }, complete(400, { token: '1111111111111111' }));
  expect(t.job(job_id)).toMatchObject({ fase: 'ofertado', motivo: 'ocupado' });
});

test('presence: an old will is ignored, a new one counts, twins raise an alarm', async () => {
  const online = { state: 'online' as const, boot_id: 'b1', session: 65_537 };
  await t.hear('presence', {}, online);
  await t.hear('presence', {}, online);
  expect(types()).toEqual(['device:online']);
  await t.hear('presence', {}, { ...online, state: 'lost', session: 65_536 });
  expect(t.last('deviceState')).toMatchObject({ presence: 'online' });
  await t.hear('presence', {}, { ...online, state: 'lost' });
  expect(t.last('deviceState')).toMatchObject({ presence: 'lost', desde: 100 });
  expect(types()).toEqual(['device:online', 'device:lost']);
  await t.hear('presence', {}, { state: 'online', boot_id: 'b2', session: 131_072 });
  await t.hear('presence', {}, { state: 'online', boot_id: 'b1', session: 65_538 });
  expect(t.last('deviceState')).toMatchObject({ alertas: [{ code: 'gemeo' }] });
  expect(types()).toContain('device:alert');
  await t.store.clearAlert(org, mao, 'gemeo');
  expect((await t.store.device(org, mao))?.alertas).toEqual([]);
  await t.hear('presence', {}, online, 'ninguem');
  expect(t.logged.at(-1)).toMatchObject({ event: 'presence_ignored' });
});

test('when the platform starts every device is lost until it is heard', async () => {
  await t.hear('presence', {}, { state: 'online', boot_id: 'b1', session: 1 });
  expect(await t.store.forgetPresences(700)).toBe(1);
  expect(await t.store.device(org, mao)).toMatchObject({ presence: 'lost', presence_desde: 700 });
});

test('a birth moves seq and job numbers above what the device reports, unless they are absurd', async () => {
  await t.hear('birth', {}, birth({ hi: 70, active: { job_id: 300, seq: 71 } }));
  expect(await t.store.device(org, mao)).toMatchObject({
    ultimo_seq: 71,
    hi: 70,
    birth_epoch: expect.any(String),
  });
  expect((await t.makeJob()).job_id).toBe(301);
  await t.hear('birth', {}, birth({ hi: 9_000_000_000, active: { job_id: 8_000_000_000, seq: 72 } }));
  expect(await t.store.device(org, mao)).toMatchObject({ ultimo_seq: 71 });
  expect(t.tables().rejected).toMatchObject([{ code: 'invalido' }]);
  expect(t.last('deviceState')).toMatchObject({ alertas: [{ code: 'reportes_de_lado' }] });
});

test('a journal that comes back after another means two boards with one credential', async () => {
  for (const [journal_id, boot_id] of [
    ['j1', 'b1'],
    ['j2', 'b2'],
    ['j1', 'b3'],
  ] as const) {
    await t.hear('birth', {}, birth({ journal_id, boot_id }));
  }
  expect((await t.store.device(org, mao))?.alertas.map(({ code }) => code)).toContain('gemeo');
  await t.makeJob({ fase: 'na_fila', liberado: true });
  await t.hear('birth', {}, birth({ boot_id: 'b4' }));
  expect(t.last('jobsNext')).toBeNull();
});

test('a birth after a reboot lets a paused job go on, and clears sem_noticias', async () => {
  const { job_id } = await running({ fase: 'pausado', sem_noticias: true, journal_id: 'j1' });
  await t.hear('birth', {}, birth({ active: { job_id, seq: 1 } }));
  expect(t.job(job_id)).toMatchObject({ status: 'running', fase: 'dispensando', sem_noticias: false });
  const versao = t.job(job_id).versao;
  await t.hear('birth', {}, birth({ active: { job_id, seq: 1 } }));
  expect(t.job(job_id).versao).toBe(versao);
  await t.hear('birth', {}, birth(), 'ninguem');
  expect(t.logged.at(-1)).toMatchObject({ event: 'birth_ignored' });
});

test('a birth of a free device brings its next job', async () => {
  const { job_id } = await t.makeJob({ fase: 'na_fila', liberado: true, seq: null });
  await t.hear('birth', {}, birth({ hi: 4 }));
  expect(t.last('jobsNext')).toMatchObject({ job_id, seq: 5 });
});

test('any word of the device clears sem_noticias, ticks are written now and then only', async () => {
  const { job_id } = await running({ sem_noticias: true });
  const tick = { item_ordem: 1, frasco: 1, ran_ms: 10, of_ms: 1_000 };
  await t.hear('jobProgress', { job_id }, tick);
  expect(t.job(job_id)).toMatchObject({ sem_noticias: false, noticia_em: 100, evento: 1 });
  expect(t.last('jobState')).toMatchObject({ sem_noticias: false });
  const { versao } = t.job(job_id);
  t.now = 200;
  await t.hear('jobProgress', { job_id }, tick);
  expect(t.job(job_id)).toMatchObject({ versao });
  t.now = 30_000;
  await t.hear('jobProgress', { job_id }, tick);
  expect(t.job(job_id)).toMatchObject({ noticia_em: 30_000, evento: 1 });
  await t.hear('telemetry', {}, { rssi: -60 });
  await t.hear('deviceLog', { level: 'info' }, { tag: '[EXEC]', text: 'ok' });
  expect(await t.store.device(org, mao)).toMatchObject({ visto_em: 30_000 });
  await t.hear('telemetry', {}, { rssi: -60 }, 'ninguem');
});

test("a cancel is decided by the device's answer", async () => {
  const asked = { fase: 'cancelando', cancel_id: 'c1', cancel_motivo: '', cancel_expira_em: 9_000 } as const;
  const { job_id } = await running(asked);
  await t.hear('cancelAccepted', { job_id }, { id: 'other', item_ordem: 1 });
  expect(t.job(job_id)).toMatchObject({ versao: 1 });
  await t.hear('cancelRejected', { job_id }, { id: 'c1', code: 'terminado', message: '' });
  expect(t.job(job_id)).toMatchObject({ status: 'running', fase: 'dispensando', cancel_id: null });
  await t.store.cancelJob(
    org,
    job_id,
    { id: 'c2', motivo: '', expiraEm: 9_000 },
    { quem: 'ana', em: 1, endereco: '' },
  );
  await t.hear('cancelAccepted', { job_id }, { id: 'c2', item_ordem: 1 });
  expect(t.job(job_id)).toMatchObject({ status: 'running', motivo: 'cancelado' });
  for (const item of [1, 2, 3]) {
    const word = item === 1 ? {} : { status: 'failed' as const, error: 'cancelado' };
    await t.hear('jobLog', at(job_id, item), entryOf(job_id, item, word));
  }
  expect(t.job(job_id)).toMatchObject({ status: 'done_partial', itens_cancelados: 2, motivo: 'cancelado' });
});

test('new faults of a configuration are told once, the same again is no news', async () => {
  const report = (errors?: string[]) =>
    t.hear('configReported', {}, { versao: 3, ...(errors && { errors }) });
  const alerts = () =>
    t.notified.filter(({ type }) => type === 'device:alert').map(({ data }) => data.errors);
  await report(['pin 6 is not allowed']);
  await report(['pin 6 is not allowed']);
  expect(alerts()).toEqual([['pin 6 is not allowed']]);
  await report();
  await report(['pin 6 is not allowed']);
  expect(alerts()).toHaveLength(2);
});

test('what a device has applied of its configuration is shown, faults as an alert', async () => {
  await t.hear('configReported', {}, { versao: 3, errors: ['pin 6 is not allowed'] });
  expect(t.last('deviceState')).toMatchObject({
    config: { reportada: { versao: 3 } },
    alertas: [{ code: 'config_recusada', detalhe: 'pin 6 is not allowed' }],
  });
  await t.hear('configReported', {}, 'nonsense' as never);
  expect(t.tables().rejected).toMatchObject([{ code: 'ilegivel', detalhe: 'not valid JSON' }]);
  t.forget();
  await t.hear('configReported', {}, { versao: 3 }, 'ninguem');
  expect(t.published).toEqual([]);
});

test('answers to commands nobody sent are ignored', async () => {
  await t.hear('commandAccepted', { op: 'pause' }, { id: 'x1' });
  await t.hear('commandRejected', { op: 'pause' }, { id: 'x1', code: 'ocupado', message: '' });
  expect(t.logged.map(({ event }) => event)).toEqual(['command_answer_ignored', 'command_answer_ignored']);
});

test('firmware v0.2 claims its job over HTTP, gets the same until its complete, and completes by position', async () => {
  const { job_id } = await t.makeJob({ fase: 'na_fila', liberado: true, seq: null });
  const device = { org, device: mao };
  expect(await nextJobV02(t.deps, { org, device: 'outra' })).toBeUndefined();
  expect(await nextJobV02(t.deps, device)).toMatchObject({ job_id, seq: 1, itens: [{}, {}, {}] });
  expect(await nextJobV02(t.deps, device)).toMatchObject({ job_id, seq: 1 });
  expect(t.job(job_id)).toMatchObject({ status: 'running', iniciado_em: 100 });
  expect(types()).toEqual(['agent:execution:start']);

  const body = {
    ...{ itens_completados: 2, itens_falhados: 1, itens_cancelados: 0 },
    execution_logs: [
      { segundos: 1, status: 'done', quantidade_g: 2, tempero: 'Sal' },
      { segundos: 2, status: 'failed', error: 'timeout' },
      { segundos: 1, status: 'done' },
    ],
  };
  const out = {
    ok: true,
    job_id,
    status: 'done_partial',
    itens_completados: 2,
    itens_falhados: 1,
    itens_cancelados: 0,
  };
  expect(await completeV02(t.deps, { ...device, job_id }, body)).toEqual(out);
  expect(await completeV02(t.deps, { ...device, job_id }, body)).toEqual(out);
  expect(t.tables().movimentos.filter(({ tipo }) => tipo === 'saida')).toHaveLength(2);
  expect(await nextJobV02(t.deps, device)).toBeUndefined();

  const other = structuredClone(body);
  other.execution_logs[1] = { segundos: 2, status: 'done' } as never;
  await expect(completeV02(t.deps, { ...device, job_id }, other)).rejects.toMatchObject({ code: 'conflict' });
  await expect(completeV02(t.deps, { ...device, job_id: 77 }, body)).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(completeV02(t.deps, { org, device: 'outra', job_id }, body)).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('what firmware v0.2 leaves out of its account is closed recusado; what cannot be read is refused whole', async () => {
  const { job_id } = await running();
  const device = { org, device: mao, job_id };
  const counts = { itens_completados: 1, itens_falhados: 0, itens_cancelados: 0 };
  const bad = {
    ...counts,
    execution_logs: [
      { segundos: 1, status: 'done' },
      { segundos: 'x', status: 'done' },
    ],
  };
  await expect(completeV02(t.deps, device, bad)).rejects.toMatchObject({
    code: 'invalid',
    faults: [{ path: 'execution_logs.1.segundos' }],
  });
  expect(t.tables().entries).toEqual([]);
  const foreign = { ...counts, token: '0000000000000000', execution_logs: [] };
  await expect(completeV02(t.deps, device, foreign)).rejects.toMatchObject({ code: 'conflict' });
  const short = { ...counts, execution_logs: [{ segundos: 1, status: 'done' }] };
  expect(await completeV02(t.deps, device, short)).toMatchObject({
    status: 'done_partial',
    itens_falhados: 2,
  });
  expect(t.tables().entries.map(({ error }) => error)).toEqual([
    null,
    'recusado sem relato',
    'recusado sem relato',
  ]);
});
