import { expect, test } from 'vitest';
import { type BackupSchedule, createBackupSchedule } from './backup-schedule.ts';
import { createLog } from './log.ts';

const minute = 60_000;

/** A schedule on a store that makes backups at once, or fails when told to. */
function scheduled(minutes: number | null, last?: number) {
  let now = 1_000 * minute;
  const made: number[] = last === undefined ? [] : [now - last * minute];
  const given = { fault: undefined as Error | undefined, rotated: 0, making: Promise.resolve() };
  const store = {
    async backup(wanted: { now: number; signal?: AbortSignal }) {
      await given.making;
      wanted.signal?.throwIfAborted();
      if (given.fault) throw given.fault;
      made.push(wanted.now);
      return { path: 'x', em: wanted.now, bytes: 1, sha256: '', facts: {} as never };
    },
    lastBackup: async () => made.at(-1),
    rotateBackups: async () => ++given.rotated,
  };
  const schedule: BackupSchedule = createBackupSchedule({
    store,
    minutes,
    now: () => now,
    log: createLog('silent'),
  });
  const pass = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      now += minute;
      await schedule.tick();
    }
  };
  return { schedule, made, given, pass };
}

test('with a backup every 15 minutes, an hour makes four after the first', async () => {
  const { made, given, pass } = scheduled(15);
  await pass(1);
  expect(made).toHaveLength(1);
  await pass(60);
  expect(made).toHaveLength(5);
  expect(given.rotated).toBe(5);
});

test('a start soon after the last backup waits for what is left of its 15 minutes', async () => {
  const { made, pass } = scheduled(15, 10);
  await pass(4);
  expect(made).toHaveLength(1);
  await pass(1);
  expect(made).toHaveLength(2);
});

test('switched off it makes none, and says how old the last one is', async () => {
  const { schedule, made, pass } = scheduled(null, 90);
  await pass(30);
  expect(made).toHaveLength(1);
  expect(schedule.line()).toBe('off, the last good one is 120 min old');
});

test('a backup that fails is tried again every minute; its reason and the age of the last good one are said', async () => {
  const { schedule, given, made, pass } = scheduled(15, 0);
  expect(schedule.line()).toBe('none yet');
  await schedule.look();
  expect(schedule.line()).toBe('ok, the last good one is 0 min old');
  await pass(1);
  expect(schedule.line()).toBe('ok, the last good one is 1 min old');
  given.fault = new Error('no room');
  await pass(20);
  expect(schedule.line()).toBe('failed: no room; the last good one is 21 min old');
  expect(schedule.ageMs()).toBe(21 * minute);
  given.fault = undefined;
  await pass(1);
  expect(schedule.line()).toBe('ok, the last good one is 0 min old');
  expect(made).toHaveLength(2);
});

test('one backup at a time; a stop gives it up and waits until nothing of it is left', async () => {
  const { schedule, given, made } = scheduled(15);
  let end = () => {};
  given.making = new Promise<void>((resolve) => {
    end = resolve;
  });
  const first = schedule.tick();
  expect(schedule.tick()).toBe(first);
  const stopping = schedule.stop();
  end();
  await stopping;
  await schedule.tick();
  await schedule.idle();
  expect(made).toEqual([]);
});
