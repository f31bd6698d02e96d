import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseFile, type Restored, restoreBackup, Sqlite, verifyDatabase } from '@yaguts/api';
import { type DeviceCredential, type JobCreated, limits } from '@yaguts/shared';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SimulationResult } from '../simulator/simulator.ts';
import { type Child, startChild } from './child.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// The drill: back up under traffic, go on, lose the disk, restore the older backup, let the devices tell what
// they remember. The commands are the real ones, as processes of their own.

let house: TestHouse;
let children: Child[];
beforeEach(async () => {
  children = [];
  house = await openHouse();
});
afterEach(async () => {
  for (const child of children) child.process.kill('SIGKILL');
  await house.close();
});

const data = (): string => join(house.dir, 'data');
const motors = (): string => join(house.dir, 'motors');

/** Runs `npm run backup` or `npm run restore`; answers its exit code and what it said. */
async function command(
  name: 'backup' | 'restore',
  ...args: string[]
): Promise<{ code: unknown; said: string }> {
  const child = startChild(process.execPath, [`scripts/${name}.mjs`, ...args], { YAGUTS_DATA_DIR: data() });
  children.push(child);
  const code = await child.ended;
  return { code, said: child.output() };
}

/** `npm run backup` while the platform runs; answers the file. */
async function backUp(): Promise<string> {
  const { code, said } = await command('backup');
  expect(code, said).toBe(0);
  expect(said).toMatch(/quick_check ok/);
  return /^(\/.*\.db)$/m.exec(said)?.[1] ?? '';
}

/** The same without a process: not every story is about the command. */
const quickBackUp = async (): Promise<string> =>
  (await house.running.store.backup({ kind: 'manual', now: Date.now() })).path;

/** Stops the platform, restores, starts it again on the same port; answers what the command said. */
async function restoreAndStart(file: string): Promise<string> {
  await house.running.stop();
  const { code, said } = await command('restore', file);
  expect(code, said).toBe(0);
  await house.restart();
  return said;
}

async function quickRestoreAndStart(file: string): Promise<Restored> {
  await house.running.stop();
  const restored = await restoreBackup({ file, dir: data(), now: Date.now() });
  await house.restart();
  return restored;
}

/** A dispenser with one job after another in its bowl, until told to stop. */
async function keepPouring(credential: DeviceCredential) {
  const simulator = await house.simulator({ credential, speed: 20, ledger: motors() });
  const results: SimulationResult[] = [];
  let isOpen = true;
  let heard = (): void => {};
  const ended = (async () => {
    while (isOpen) {
      const { job_id } = await house.order({ receita: 2, device: credential.device });
      // The last one may be under way when the platform stops; its result comes after the restore.
      const result = simulator.result(job_id).then((done) => void results.push(done));
      await result;
      heard();
    }
  })();
  ended.catch(() => {});
  return {
    simulator,
    results,
    /** Resolves when so many jobs are done. */
    async done(count: number): Promise<void> {
      while (results.length < count) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
    close() {
      isOpen = false;
    },
  };
}

/** Every item that a motor has run for, as often as it has. */
const poured = (): Map<string, number> => {
  const starts = new Map<string, number>();
  for (const line of readFileSync(motors(), 'utf8').split('\n')) {
    const [word, seq, job, item] = line.split(' ');
    if (word !== 'START' || seq === '0') continue;
    const key = `${job}/${item}`;
    starts.set(key, (starts.get(key) ?? 0) + 1);
  }
  return starts;
};

interface Books {
  /** `job/item` of each stored entry. */
  readonly stored: string[];
  /** `device job/item code` of each report put aside. */
  readonly aside: string[];
  readonly highestJob: number;
  readonly notToWeigh: number;
}

function books(): Books {
  const db = new Sqlite(databaseFile(data()), { readonly: true });
  const list = (sql: string): string[] => db.prepare(sql).pluck().all() as string[];
  try {
    expect(verifyDatabase(db)).toEqual({ structure: [], sums: [] });
    return {
      stored: list("select job_id || '/' || item_ordem from execution_logs"),
      aside: (
        db.prepare('select device, topic, code from rejected_messages').all() as Record<string, string>[]
      ).map(({ device, topic = '', code }) => {
        const [, job, item] = /\/jobs\/(\d+)\/(?:log\/)?(\w+)$/.exec(topic) ?? [];
        return `${device} ${job}/${item} ${code}`;
      }),
      highestJob:
        (db.prepare("select seq from sqlite_sequence where name = 'jobs'").pluck().get() as number) ?? 0,
      notToWeigh: db.prepare('select count(*) from frascos where recontar = 0').pluck().get() as number,
    };
  } finally {
    db.close();
  }
}

test('an older backup restored under traffic: nothing is lost that is not listed, nothing doubled, and work goes on', async () => {
  const { pouring, idle } = house.kitchen;
  const lines = await Promise.all([pouring, idle].map(keepPouring));
  await Promise.all(lines.map((line) => line.done(1)));
  const file = await backUp();
  const { epoch } = house.running.store.installation;
  const known = lines.map((line) => line.results.length);
  await Promise.all(lines.map((line, i) => line.done((known[i] ?? 0) + 2)));
  for (const line of lines) line.close();

  const said = await restoreAndStart(file);
  expect(said).toMatch(/"recontar"/);
  expect(house.running.store.installation.epoch).not.toBe(epoch);
  expect(books().notToWeigh).toBe(0);

  // Every item that a motor ran for is stored, or listed for a person; the devices come by themselves.
  await expect
    .poll(
      () => {
        const { stored, aside } = books();
        const accounted = new Set([...stored, ...aside.map((row) => row.split(' ')[1])]);
        return [...poured().keys()].filter((item) => !accounted.has(item));
      },
      { timeout: 120_000 },
    )
    .toEqual([]);
  const after = books();
  expect([...poured()].filter(([, times]) => times > 1)).toEqual([]);
  expect(new Set(after.stored).size).toBe(after.stored.length);
  // What came after the backup cannot be in it: its reports are listed as jobs that nobody knows.
  expect(after.aside.filter((row) => / \d+\/\d+ desconhecido$/.test(row)).length).toBeGreaterThan(0);
  const reported = Math.max(...[...poured().keys()].map((item) => Number(item.split('/')[0])));
  expect(after.highestJob).toBeGreaterThanOrEqual(reported);

  // An ordinary job on each dispenser, with a number of its own.
  for (const [i, { device }] of [pouring, idle].entries()) {
    await house.api.call('POST', `/api/devices/${device}/queue/pause`, { pausada: false });
    const { job_id } = await house.order({ receita: 2, device });
    expect(job_id).toBeGreaterThan(reported);
    const { itens_completados } = await lines[i]!.simulator.result(job_id);
    expect((await house.jobWhen(job_id, ({ status }) => status === 'done')).itens_completados).toBe(
      itens_completados,
    );
  }
  expect(books().aside.filter((row) => Number(/ (\d+)\//.exec(row)?.[1]) > reported)).toEqual([]);
  expect([...poured()].filter(([, times]) => times > 1)).toEqual([]);
});

test('a number given again before the devices are back: the old report is put aside, the new job is poured once', async () => {
  const { idle } = house.kitchen;
  const file = await quickBackUp();
  const first = await house.simulator({ credential: idle, ledger: motors() });
  const lost = await house.order({ device: idle.device });
  await first.result(lost.job_id);
  await first.stop();

  await quickRestoreAndStart(file);
  const again = await house.order({ device: idle.device });
  expect(again.job_id).toBe(lost.job_id);
  expect((await house.job(again.job_id)).fase).toBe('na_fila');
  const second = await house.simulator({ credential: idle, ledger: motors() });
  const { itens_completados } = await second.result(again.job_id);
  expect(itens_completados).toBe(4);
  const job = await house.jobWhen(again.job_id, ({ status }) => status === 'done');
  expect(job.itens_completados).toBe(4);
  // Its own four, and the four of the job that the backup does not know.
  await expect
    .poll(
      () =>
        books()
          .aside.filter((row) => row.endsWith(' token'))
          .sort(),
      { timeout: 120_000 },
    )
    .toEqual([1, 2, 3, 4].map((item) => `${idle.device} ${lost.job_id}/${item} token`));
  expect(books().stored).toHaveLength(4);
  const next = await house.order({ device: idle.device });
  expect(next.job_id).toBe(again.job_id + 1);
  await second.result(next.job_id);
});

test('what waited when the backup was made and was poured since is not poured again', async () => {
  const { idle } = house.kitchen;
  // Ordered while the dispenser is away: it waits, offered, in the backup.
  const waiting = await house.order({ device: idle.device });
  const file = await quickBackUp();
  const first = await house.simulator({ credential: idle, ledger: motors() });
  await first.result(waiting.job_id);
  expect((await quickRestoreAndStart(file)).pausados).toEqual(['demo.mao']);
  // Its ring tells the whole job.
  const job = await house.jobWhen(waiting.job_id, ({ status }) => status === 'done');
  expect(job.itens_completados).toBe(4);
  await house.api.call('POST', `/api/devices/${idle.device}/queue/pause`, { pausada: false });
  const next = await house.order({ device: idle.device });
  await first.result(next.job_id);
  expect([...poured()].filter(([, times]) => times > 1)).toEqual([]);
  expect(books().aside).toEqual([]);
});

test('a device that reports numbers far ahead is not followed beyond a million', async () => {
  const file = await quickBackUp();
  await quickRestoreAndStart(file);
  const before = books().highestJob;
  const board = await house.board();
  const at = (job_id: number) => ({
    ...{ job_id, seq: 1, token: '0123456789abcdef', receita: 'x', not_after: null, v: 1 as const },
    itens: [{ item_ordem: 1, frasco: 1, tempero: 'Sal', quantidade_g: 1, ms: 1_000 }],
  });
  const far = before + limits.jobIdJump + 1;
  await board.report(at(far) as never, 1);
  await board.ack(far, ({ itens }) => itens.includes(1));
  expect(books().highestJob).toBe(before);
  await board.report(at(far - 1) as never, 1);
  await board.ack(far - 1, ({ itens }) => itens.includes(1));
  expect(books().highestJob).toBe(far - 1);
  const { job_id } = await house.api.call<JobCreated>('POST', '/api/jobs', {
    ...{ receita_id: house.kitchen.receitas[0]?.id, multiplicador: 1, device: house.kitchen.idle.device },
  });
  expect(job_id).toBe(far);
});

test('the commands say what is wrong in a sentence, and change nothing', async () => {
  const file = await quickBackUp();
  const names = (): string[] => readdirSync(data()).sort();
  const before = names();
  const running = await command('restore', file);
  expect(running).toMatchObject({
    code: 1,
    said: expect.stringMatching(/Another process has the data folder/),
  });
  await house.running.stop();
  const flipped = join(house.dir, 'flipped.db');
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(flipped, bytes);
  const stopped = names().filter((name) => !/-(wal|shm|journal)$/.test(name));
  for (const [args, code, sentence] of [
    [[flipped], 1, /at least one bit has changed/],
    [[], 2, /name one file/],
  ] as const) {
    const refused = await command('restore', ...args);
    expect(refused.said).toMatch(sentence);
    expect(refused.said).not.toMatch(/\n\s+at /);
    expect(refused.code).toBe(code);
  }
  expect(names()).toEqual(stopped);
  expect(before.filter((name) => !/-(wal|shm|journal)$/.test(name))).toEqual(stopped);
});
