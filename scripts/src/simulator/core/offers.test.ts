import { expect, test } from 'vitest';
import { createWorld, type World, type WorldOptions } from '../testing/world.ts';

function connected(options: WorldOptions = {}): World {
  const world = createWorld(options);
  world.connect();
  world.settle();
  return world;
}
const heard = (world: World, key: string): unknown[] =>
  world.api.heard.filter((message) => message.key === key).map(({ payload }) => JSON.parse(payload));
const refusals = (world: World): string[] =>
  heard(world, 'jobRejected').map((refusal) => (refusal as { code: string }).code);

test('birth comes first on a connection, then presence with the session of its will', () => {
  const world = connected();
  expect(world.api.heard.slice(0, 2).map(({ key }) => key)).toEqual(['birth', 'presence']);
  const will = world.device().willOf(1);
  expect(heard(world, 'presence')).toEqual([{ state: 'online', ...will }]);
  expect(will.session).toBe(1 * 65_536 + 1);
});

test('no motor moves before start is accepted', () => {
  const world = connected();
  world.api.answering = false;
  world.api.offer([100]);
  world.pass(300_000);
  expect(world.starts).toEqual([]);
  expect(world.records.some(({ k }) => k === 'job')).toBe(false);
});

test('an unanswered start is asked again after 2, 4, 8, 16, 30 and then every 60 seconds', () => {
  const world = connected();
  world.api.answering = false;
  world.api.offer([100]);
  const times: number[] = [];
  for (let t = 0; t < 200; t++) {
    const before = heard(world, 'jobStart').length;
    world.pass(1_000);
    if (heard(world, 'jobStart').length > before) times.push(Math.round(world.now() / 1_000));
  }
  expect(times).toEqual([1, 2, 6, 14, 30, 60, 120, 180]);
});

test('leave to start is in flash before the first motor goes on', () => {
  const world = connected();
  world.api.offer([100]);
  world.settle();
  const kinds = world.records.map(({ k }) => k);
  expect(kinds.indexOf('job')).toBeLessThan(kinds.indexOf('intent'));
  expect(world.starts).toHaveLength(1);
});

test('an accepted for another token starts nothing', () => {
  const world = connected();
  world.api.answering = false;
  const { job_id, seq } = world.api.offer([100]);
  world.settle();
  const foreign = { seq, token: 'ffffffffffffffff', now: Date.now() };
  world.api.send('startAccepted', { job_id }, foreign);
  world.pass(100);
  expect(world.starts).toEqual([]);
});

test('the offer of the running job is ignored', () => {
  const world = connected();
  const job = world.api.offer([5_000]);
  world.pass(100);
  world.api.send('jobsNext', {}, job);
  world.settle();
  expect(refusals(world)).toEqual([]);
  expect(world.starts).toHaveLength(1);
});

test('a seq that has finished is refused as duplicado', () => {
  const world = connected();
  const job = world.api.offer([100]);
  world.until(() => world.device().state.hi === job.seq);
  world.api.offer([100], { seq: job.seq });
  world.pass(100);
  expect(refusals(world)).toEqual(['duplicado']);
});

test('another job while one is poured is refused as ocupado', () => {
  const world = connected();
  world.api.offer([5_000]);
  world.pass(100);
  world.api.offer([100]);
  world.pass(100);
  expect(refusals(world)).toEqual(['ocupado']);
});

test('an offer that comes while the last job is still reporting is taken once the slot is free', () => {
  const world = connected();
  const first = world.api.offer([100]);
  world.api.acking = false;
  world.until(() => world.api.job(first.job_id)?.status === 'terminal');
  const second = world.api.offer([100]);
  world.pass(100);
  expect(refusals(world)).toEqual([]);
  world.api.acking = true;
  world.until(() => world.device().state.hi === second.seq);
});

test.each([
  ['frasco', { frasco: 9 }],
  ['limite', { ms: 180_001 }],
  ['invalido', { item_ordem: 2 }],
  ['invalido', { tempero: '' }],
] as const)('an offer is refused as %s when an item says %o', (code, item) => {
  const world = connected();
  world.api.offer([100], {}, item);
  world.pass(100);
  expect(refusals(world)).toEqual([code]);
  expect(world.starts).toEqual([]);
});

test('an offer past its deadline is refused as expirado', () => {
  const world = connected();
  world.api.offer([100], { not_after: 1 });
  world.pass(100);
  expect(refusals(world)).toEqual(['expirado']);
});

test('a device without a clock takes the deadline to be open, and its time from accepted', () => {
  const world = connected({ epochMs: null });
  const job = world.api.offer([100]);
  world.until(() => world.api.job(job.job_id)?.entries.size === 1);
  expect(JSON.parse(world.api.job(job.job_id)?.entries.get(1) ?? '').ts).toBe(Date.UTC(2026, 0, 1) + 100);
});

test('an emptied jobs/next withdraws the offer', () => {
  const world = connected();
  world.api.answering = false;
  const { job_id, seq, token } = world.api.offer([100]);
  world.settle();
  world.device().message('yaguts/v1/demo/devices/dev-1/jobs/next', new Uint8Array(), false);
  world.api.send('startAccepted', { job_id }, { seq, token, now: Date.now() });
  world.pass(1_000);
  expect(world.starts).toEqual([]);
});

test('a lost connection withdraws the offer, the retained topic brings it again', () => {
  const world = connected();
  world.api.answering = false;
  const job = world.api.offer([100]);
  world.settle();
  world.disconnect();
  world.api.answering = true;
  world.pass(5_000);
  expect(world.starts).toEqual([]);
  world.until(() => world.device().state.hi === job.seq);
});

test('a job goes on after a reboot without any network', () => {
  const world = connected();
  world.api.offer([200, 200]);
  world.pass(300);
  world.reboot();
  world.pass(1_000);
  // The second frasco was under way: it is not poured again, and nothing else is left.
  expect(world.starts.map(({ itemOrdem }) => itemOrdem)).toEqual([1, 2]);
});

test('a job that the api has ended meanwhile is closed as cancelado after the reboot', () => {
  const world = connected();
  const { job_id, seq } = world.api.offer([200, 60_000, 60_000]);
  world.pass(300);
  const job = world.api.job(job_id);
  if (job) job.status = 'terminal';
  world.reboot();
  world.pass(10);
  world.connect();
  world.until(() => world.device().state.hi === seq);
  expect(world.starts.map(({ itemOrdem }) => itemOrdem)).toEqual([1, 2, 3]);
  const errors = [...(job?.entries.values() ?? [])].map(
    (entry) => JSON.parse(entry).error?.split(':')[0] ?? null,
  );
  expect(errors).toEqual([null, 'interrompido', 'cancelado']);
});

test('a flash that refuses the job leaves it offered, and it is asked for again', () => {
  let refuse = true;
  const world = connected({ refuse: ({ k }) => k === 'job' && refuse });
  const job = world.api.offer([100]);
  world.pass(1_000);
  expect(world.starts).toEqual([]);
  refuse = false;
  world.until(() => world.device().state.hi === job.seq);
});

test('a payload that is not a job is said on the serial port and harms nothing', () => {
  const world = connected();
  world.device().message('yaguts/v1/demo/devices/dev-1/jobs/next', Buffer.from('{"itens": 7'), false);
  expect(world.lines.at(-1)?.text).toContain('ilegível');
  const job = world.api.offer([100]);
  world.until(() => world.device().state.hi === job.seq);
});
