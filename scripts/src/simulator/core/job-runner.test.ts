import { expect, test } from 'vitest';
import { createWorld, type World, type WorldOptions } from '../testing/world.ts';

function connected(options: WorldOptions = {}): World {
  const world = createWorld(options);
  world.connect();
  world.settle();
  return world;
}
/** `done`, or the code that opens the error, per item of a job. */
function outcomes(world: World, jobId: number): string[] {
  const entries = [...(world.api.job(jobId)?.entries ?? [])].sort(([a], [b]) => a - b);
  return entries.map(([, entry]) => {
    const { status, error } = JSON.parse(entry);
    return status === 'done' ? 'done' : error.split(':')[0];
  });
}
function runToEnd(world: World, job: { seq: number }): void {
  world.until(() => world.device().state.hi === job.seq);
}

test('the serial port tells the story of a job in the words of the kitchen', () => {
  const world = connected();
  runToEnd(world, world.api.offer([1_250, 500]));
  const story = world.lines.map(({ tag, text }) => `[${tag}] ${text}`);
  expect(story.filter((line) => /^\[(POLL|EXEC)\]/.test(line))).toEqual([
    '[POLL] ✓ Job recebido!',
    '[EXEC] Iniciando execução do job 1',
    '[EXEC] Item 1/2: Frasco 1 por 1.250s',
    '[EXEC] ✓ Item 1 concluído (real: 1.25s). Progresso salvo.',
    '[EXEC] Item 2/2: Frasco 2 por 0.500s',
    '[EXEC] ✓ Item 2 concluído (real: 0.50s). Progresso salvo.',
    '[EXEC] Execução concluída em 1.75s',
  ]);
  const mirrored = world.api.heard
    .filter(({ key }) => key === 'deviceLog')
    .map(({ payload }) => JSON.parse(payload));
  expect(mirrored).toContainEqual(
    expect.objectContaining({ tag: 'EXEC', text: 'Iniciando execução do job 1' }),
  );
});

test('a failed frasco is reported with its code and the others are poured', () => {
  const world = connected({ fails: ({ itemOrdem }) => itemOrdem === 2 });
  const job = world.api.offer([100, 100, 100]);
  runToEnd(world, job);
  expect(outcomes(world, job.job_id)).toEqual(['done', 'timeout', 'done']);
  const complete = JSON.parse(world.api.job(job.job_id)?.complete ?? '{}');
  expect(complete).toMatchObject({
    itens_completados: 2,
    itens_falhados: 1,
    itens_cancelados: 0,
    execution_logs: [],
  });
});

test('when a critical item fails the rest are closed as abortado', () => {
  const world = connected({ fails: ({ itemOrdem }) => itemOrdem === 1 });
  const job = world.api.offer([100, 100, 100], {}, { critico: true });
  runToEnd(world, job);
  expect(outcomes(world, job.job_id)).toEqual(['timeout', 'abortado', 'abortado']);
  expect(world.starts).toHaveLength(1);
});

test('a frasco found started after a reboot is closed as interrompido and never run again', () => {
  const world = connected();
  const job = world.api.offer([1_000, 100]);
  world.pass(500);
  world.reboot();
  runToEnd(world, job);
  expect(outcomes(world, job.job_id)).toEqual(['interrompido', 'done']);
  expect(world.starts.map(({ itemOrdem }) => itemOrdem)).toEqual([1, 2]);
  expect(world.lines.map(({ text }) => text)).toContain('Retomando job 1 (item 2/2)');
});

test('two interruptions in a job close the rest: the next item abortado, those after it cancelado', () => {
  const world = connected();
  const job = world.api.offer([1_000, 1_000, 1_000, 1_000]);
  world.pass(500);
  world.reboot();
  world.pass(500);
  world.reboot();
  runToEnd(world, job);
  expect(outcomes(world, job.job_id)).toEqual(['interrompido', 'interrompido', 'abortado', 'cancelado']);
  expect(world.starts).toHaveLength(2);
});

test('past the deadline the remaining items are closed as expirado at the next item', () => {
  const world = connected();
  const job = world.api.offer([1_000, 1_000], { not_after: Date.UTC(2026, 0, 1) + 500 });
  runToEnd(world, job);
  expect(outcomes(world, job.job_id)).toEqual(['done', 'expirado']);
});

test('a motor that runs 250 ms over its time is stopped and its item failed', () => {
  const world = connected({
    wrapMotors(motors) {
      let on = false;
      return {
        ...motors,
        start: (pouring, ms) => (on = motors.start(pouring, ms)),
        running: () => on,
        ranMs: () => (motors.running() ? motors.ranMs() : 1_251),
        stopAll() {
          on = false;
          motors.stopAll();
        },
      };
    },
  });
  const job = world.api.offer([1_000]);
  runToEnd(world, job);
  expect(outcomes(world, job.job_id)).toEqual(['timeout']);
});

test('a relay that does not take fails its item at once', () => {
  const world = connected({ wrapMotors: (motors) => ({ ...motors, start: () => false }) });
  const job = world.api.offer([60_000]);
  runToEnd(world, job);
  expect(outcomes(world, job.job_id)).toEqual(['rele']);
  expect(world.now()).toBeLessThan(1_000);
});

test('an intent that cannot be written keeps the motor off', () => {
  const world = connected({ refuse: ({ k }) => k === 'intent' });
  const job = world.api.offer([100, 100]);
  runToEnd(world, job);
  expect(outcomes(world, job.job_id)).toEqual(['flash', 'flash']);
  expect(world.starts).toEqual([]);
});

test('an outcome that the flash refuses three times is reported all the same, and no job is taken until a restart', () => {
  let broken = true;
  const world = connected({ refuse: ({ k }) => k === 'final' && broken });
  const job = world.api.offer([100]);
  runToEnd(world, job);
  expect(outcomes(world, job.job_id)).toEqual(['done']);
  broken = false;
  world.api.offer([100]);
  world.pass(1_000);
  expect(world.starts).toHaveLength(1);
  expect(world.api.heard.filter(({ key }) => key === 'jobRejected')).toHaveLength(1);
});

test('progress is told at most four times a second', () => {
  const world = connected();
  world.api.offer([3_000]);
  world.pass(2_990);
  const ticks = world.api.heard
    .filter(({ key }) => key === 'jobProgress')
    .map(({ payload }) => JSON.parse(payload));
  expect(ticks).toHaveLength(12);
  expect(ticks[0]).toMatchObject({ item_ordem: 1, frasco: 1, of_ms: 3_000 });
  ticks.slice(1).forEach(({ ran_ms }, i) => {
    expect(ran_ms - ticks[i].ran_ms).toBeGreaterThanOrEqual(250);
  });
});

test('an entry is in flash before it is published', () => {
  const world = connected();
  const job = world.api.offer([100]);
  world.until(() => world.api.job(job.job_id)?.entries.size === 1);
  expect(world.records.some((record) => record.k === 'final' && record.item === 1)).toBe(true);
});
