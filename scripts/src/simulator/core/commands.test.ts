import type { Command, CommandOp } from '@yaguts/shared';
import { expect, test } from 'vitest';
import { createWorld, type World } from '../testing/world.ts';

const later = Date.UTC(2030, 0, 1);

function connected(): World {
  const world = createWorld();
  world.connect();
  world.settle();
  return world;
}
function command(world: World, op: CommandOp, id: string, more: Partial<Command> = {}): void {
  world.api.send('command', { op }, { id, expires_at: later, ...more });
  world.settle();
}
const answers = (world: World): unknown[] =>
  world.api.heard
    .filter(({ key }) => /^(command|cancel)(Accepted|Rejected)$/.test(key))
    .map(({ key, payload }) => {
      const { id, code, ran_ms, item_ordem } = JSON.parse(payload);
      return [key.replace(/^(command|cancel)/, ''), id, code ?? ran_ms ?? item_ordem];
    });
function outcomes(world: World, jobId: number): string[] {
  const entries = [...(world.api.job(jobId)?.entries ?? [])].sort(([a], [b]) => a - b);
  return entries.map(([, entry]) => JSON.parse(entry).error?.split(':')[0] ?? 'done');
}
const cancel = (world: World, job_id: number, id = 'c1', expires_at = later): void => {
  world.api.send('jobCancel', { job_id }, { id, motivo: 'teste', expires_at });
  world.settle();
};

test('a cancel stops the motor at once, closes the rest as cancelado and names the item', () => {
  const world = connected();
  const job = world.api.offer([1_000, 60_000, 60_000]);
  world.pass(3_000);
  cancel(world, job.job_id);
  expect(world.device().motorOn()).toBe(false);
  expect(answers(world)).toEqual([['Accepted', 'c1', 2]]);
  world.until(() => world.device().state.hi === job.seq);
  expect(outcomes(world, job.job_id)).toEqual(['done', 'cancelado', 'cancelado']);
  // What fell into the bowl before the cancel is measured all the same.
  expect(JSON.parse(world.api.job(job.job_id)?.entries.get(2) ?? '').segundos).toBe(2);
});

test('a cancel of a job still offered closes all of it; nothing was begun', () => {
  const world = connected();
  world.api.answering = false;
  const job = world.api.offer([1_000]);
  world.settle();
  cancel(world, job.job_id);
  expect(answers(world)).toEqual([['Accepted', 'c1', null]]);
  world.until(() => world.device().state.hi === job.seq);
  expect(outcomes(world, job.job_id)).toEqual(['cancelado']);
  expect(world.starts).toEqual([]);
});

test('a cancel of a job that is not here, or wholly poured, is rejected as terminado', () => {
  const world = connected();
  cancel(world, 99, 'c1');
  world.api.acking = false;
  const job = world.api.offer([100]);
  world.pass(1_000);
  cancel(world, job.job_id, 'c2');
  expect(answers(world)).toEqual([
    ['Rejected', 'c1', 'terminado'],
    ['Rejected', 'c2', 'terminado'],
  ]);
  expect(outcomes(world, job.job_id)).toEqual(['done']);
});

test('stop closes the running item as abortado and the rest as cancelado', () => {
  const world = connected();
  const job = world.api.offer([100, 60_000, 100]);
  world.pass(1_000);
  command(world, 'stop', 's1');
  expect(world.device().motorOn()).toBe(false);
  world.until(() => world.device().state.hi === job.seq);
  expect(outcomes(world, job.job_id)).toEqual(['done', 'abortado', 'cancelado']);
  expect(answers(world)).toEqual([['Accepted', 's1', undefined]]);
});

test('pause holds before the next frasco until resume', () => {
  const world = connected();
  const job = world.api.offer([1_000, 1_000]);
  world.pass(500);
  command(world, 'pause', 'p1');
  world.pass(600_000);
  expect(world.starts).toHaveLength(1);
  command(world, 'resume', 'p2');
  world.until(() => world.device().state.hi === job.seq);
  expect(outcomes(world, job.job_id)).toEqual(['done', 'done']);
});

test('a reboot forgets the pause', () => {
  const world = connected();
  world.api.offer([1_000, 1_000]);
  world.pass(500);
  command(world, 'pause', 'p1');
  world.pass(2_000);
  world.reboot();
  expect(world.starts).toHaveLength(2);
});

test('pause without a job is refused as terminado', () => {
  const world = connected();
  command(world, 'pause', 'p1');
  expect(answers(world)).toEqual([['Rejected', 'p1', 'terminado']]);
});

test.each(['identify', 'reboot', 'prime', 'clean', 'calibrate'] as const)(
  '%s is refused as ocupado while a job runs',
  (op) => {
    const world = connected();
    world.api.offer([60_000]);
    world.pass(100);
    command(world, op, 'x1', { frasco: 1, ms: 100 });
    expect(answers(world)).toEqual([['Rejected', 'x1', 'ocupado']]);
    expect(world.starts).toHaveLength(1);
  },
);

test('prime and calibrate run one motor and answer what it really ran', () => {
  const world = connected();
  command(world, 'calibrate', 'k1', { frasco: 3, ms: 5_000 });
  expect(answers(world)).toEqual([]);
  world.pass(5_000);
  expect(answers(world)).toEqual([['Accepted', 'k1', 5_000]]);
  expect(world.starts).toMatchObject([{ seq: 0, frasco: 3, ms: 5_000 }]);
});

test('clean pulses', () => {
  const world = connected();
  command(world, 'clean', 'l1', { frasco: 2, on_ms: 100, off_ms: 400, cycles: 3 });
  world.pass(1_100);
  expect(world.starts.map(({ at }) => at)).toEqual([0, 500, 1_000]);
  expect(answers(world)).toEqual([['Accepted', 'l1', 300]]);
});

test('stop ends a calibration, which answers how far it came', () => {
  const world = connected();
  command(world, 'calibrate', 'k1', { frasco: 1, ms: 60_000 });
  world.pass(2_000);
  command(world, 'stop', 's1');
  expect(world.device().motorOn()).toBe(false);
  expect(answers(world)).toEqual([
    ['Accepted', 'k1', 2_000],
    ['Accepted', 's1', undefined],
  ]);
});

test.each([
  ['prime', {}, 'invalido'],
  ['clean', { frasco: 1, on_ms: 5 }, 'invalido'],
  ['prime', { frasco: 9, ms: 100 }, 'frasco'],
] as const)('%s with %o is refused as %s', (op, more, code) => {
  const world = connected();
  command(world, op, 'x1', more);
  expect(answers(world)).toEqual([['Rejected', 'x1', code]]);
  expect(world.starts).toEqual([]);
});

test('a command past its expiry is refused', () => {
  const world = connected();
  command(world, 'prime', 'x1', { frasco: 1, ms: 100, expires_at: 1 });
  expect(answers(world)).toEqual([['Rejected', 'x1', 'expirado']]);
});

test('a command heard twice runs once and is answered twice; one that still runs is not answered early', () => {
  const world = connected();
  command(world, 'prime', 'x1', { frasco: 1, ms: 1_000 });
  command(world, 'prime', 'x1', { frasco: 1, ms: 1_000 });
  expect(answers(world)).toEqual([]);
  world.pass(1_000);
  command(world, 'prime', 'x1', { frasco: 1, ms: 1_000 });
  expect(world.starts).toHaveLength(1);
  expect(answers(world)).toEqual([
    ['Accepted', 'x1', 1_000],
    ['Accepted', 'x1', 1_000],
  ]);
});

test('the last eight ids are remembered', () => {
  const world = connected();
  for (let n = 1; n <= 9; n++) command(world, 'prime', `x${n}`, { frasco: 9, ms: 1 });
  const before = answers(world).length;
  command(world, 'calibrate', 'x2', { frasco: 1, ms: 1_000 });
  expect(world.starts).toEqual([]);
  command(world, 'calibrate', 'x1', { frasco: 1, ms: 1_000 });
  expect(world.starts).toHaveLength(1);
  expect(answers(world)).toHaveLength(before + 1);
});

test('reboot is answered, then the board starts again and counts its boots', () => {
  const world = connected();
  const boot = world.device().state.boot;
  command(world, 'reboot', 'r1');
  expect(world.device().state.boot).toBe(boot + 1);
});

test('a config is applied when idle, reported, and holds the frascos to it', () => {
  const world = connected();
  const frasco = { frasco: 1, tempero: 'Sal', g_por_s: 2, min_ms: 0, max_ms: 1_000 };
  world.api.send('configDesired', {}, { versao: 4, telemetry_s: 5, frascos: [frasco] });
  world.settle();
  world.api.send('configDesired', {}, { versao: 5, telemetry_s: 5, frascos: [{ ...frasco, frasco: 20 }] });
  world.settle();
  const reported = world.api.heard
    .filter(({ key }) => key === 'configReported')
    .map(({ payload }) => JSON.parse(payload));
  expect(reported).toEqual([{ versao: 4 }, { versao: 4, errors: ['frasco 20: a placa tem 8'] }]);
  command(world, 'prime', 'x1', { frasco: 1, ms: 1_001 });
  command(world, 'prime', 'x2', { frasco: 2, ms: 100 });
  expect(answers(world)).toEqual([
    ['Rejected', 'x1', 'limite'],
    ['Rejected', 'x2', 'frasco'],
  ]);
  world.reboot();
  expect(world.device().state.config?.versao).toBe(4);
});
