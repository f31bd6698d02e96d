import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from '@yaguts/shared';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../root.ts';
import { type Child, startChild } from './child.ts';
import { addBoard, type Board } from './firmware-board.ts';
import { describeWithFirmware } from './firmware-here.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// `npm run simulate -- --firmware` as a person types it, without what prepares the checkout.
const describeFirmware = await describeWithFirmware('npm run simulate -- --firmware');

describeFirmware('npm run simulate -- --firmware', () => {
  let house: TestHouse;
  const boards: Board[] = [];
  let credentials: string;
  beforeAll(async () => {
    house = await openHouse();
    for (const id of ['um', 'dois', 'tres']) boards.push(await addBoard(house, id));
    credentials = join(house.dir, 'credentials.json');
    writeFileSync(credentials, JSON.stringify(boards.map(({ credential }) => credential)));
  });
  afterAll(() => house.close());

  const simulate = (...flags: string[]): Child => start('--firmware', ...flags);
  function start(...flags: string[]): Child {
    const built = JSON.stringify(join(root, 'scripts', 'dist', 'simulate.js'));
    const program = `import(${built}).then(({ main }) => main(process.argv.slice(1)))`;
    const where = ['--url', house.mqttUrl, '--dir', join(house.dir, 'frota')];
    return startChild(process.execPath, ['-e', program, '--', ...where, ...flags]);
  }

  test('--count runs so many, and --once ends with 0 when each has had its job', async () => {
    const jobs = await Promise.all(boards.map(async (board) => board.order(await board.receita([1, 1, 1]))));
    const flags = ['--credentials', credentials, '--count', '3', '--speed', '20', '--once', '--quiet'];
    const fleet = simulate(...flags, '--fail-frasco-indices', '2');
    expect(await fleet.ended, fleet.output()).toBe(0);
    for (const [i, board] of boards.entries()) {
      expect(await board.outcomes(jobs[i] as number)).toEqual(['done', 'done', 'rele']);
      expect(fleet.output()).toContain(`demo.${board.credential.device} connected to ${house.mqttUrl}`);
    }
    expect(fleet.output()).not.toContain('[EXEC]');
  });

  test('--once prints the same kind of result, whichever program plays the dispenser', async () => {
    const [board] = boards as [Board];
    const { device } = board.credential;
    const one = join(house.dir, 'one.json');
    writeFileSync(one, JSON.stringify([board.credential]));
    const flags = ['--credentials', one, '--once', '--speed', '20', '--fail-frasco-indices', '1'];
    const resultOf = async (...program: string[]): Promise<unknown> => {
      const jobId = await board.order(await board.receita([1, 2, 1.5]));
      const run = start(...program, ...flags);
      expect(await run.ended, run.output()).toBe(0);
      const [line = '', ...more] = run
        .output()
        .split('\n')
        .filter((text) => text.startsWith('{'));
      expect(more).toEqual([]);
      const { job_id, execution_logs, ...rest } = JSON.parse(line);
      expect(job_id).toBe(jobId);
      const entries = execution_logs.map((entry: unknown) => {
        const read = decode('jobLog', JSON.stringify(entry));
        return read.ok && [read.value.job_id, read.value.item_ordem, read.value.status, read.value.error];
      });
      const stored = (await board.job(jobId)).execution_logs;
      expect(entries).toEqual(stored.map((it) => [jobId, it.item_ordem, it.status, it.error]));
      return { ...rest, statuses: stored.map(({ status }) => status) };
    };
    const firmware = await resultOf('--firmware');
    expect(firmware).toEqual({
      ...{ device: `demo.${device}`, itens_completados: 2, itens_falhados: 1, itens_cancelados: 0 },
      statuses: ['done', 'failed', 'done'],
    });
    expect(await resultOf()).toEqual(firmware);
  });

  test('SIGTERM ends all of them in order', async () => {
    const fleet = simulate('--credentials', credentials);
    for (const { credential } of boards) await fleet.says(new RegExp(`demo.${credential.device} connected`));
    fleet.process.kill('SIGTERM');
    expect(await fleet.ended).toBe(0);
    for (const { call, credential } of boards) {
      expect(await call('GET', `/api/devices/${credential.device}`)).toMatchObject({ presence: 'offline' });
    }
  });

  test('a refused credential ends with 1 and says whose', async () => {
    writeFileSync(credentials, JSON.stringify([{ username: 'demo.um', password: 'errada' }]));
    const fleet = simulate('--credentials', credentials);
    expect(await fleet.ended).toBe(1);
    expect(fleet.output()).toContain('refuses the credential of demo.um');
  });

  test('a flag that the firmware lacks ends with 2 and its name', async () => {
    const fleet = simulate('--duplicate-reports', '3');
    expect(await fleet.ended).toBe(2);
    expect(fleet.output()).toContain('--duplicate-reports');
  });
});
