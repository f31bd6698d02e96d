import type { JobState } from '@yaguts/shared';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEar } from './ear.ts';
import { addBoard, type Board } from './firmware-board.ts';
import { describeWithFirmware } from './firmware-here.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// The firmware as a process against the real platform, when what lies between them misbehaves.
const describeFirmware = await describeWithFirmware("the firmware's journeys over a bad network");

const ended = ({ terminado_em }: Pick<JobState, 'terminado_em'>): boolean => terminado_em !== null;

describeFirmware('over a bad network', () => {
  let house: TestHouse;
  const boards: Board[] = [];
  const open = async (id: string): Promise<Board> => {
    const board = await addBoard(house, id);
    boards.push(board);
    return board;
  };
  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(async () => {
    for (const board of boards) await board.stop();
    await house.close();
  });

  test('platform and broker restart in the middle of a job: it pours on and loses no entry', async () => {
    const board = await open('reinicio');
    const jobId = await board.order(await board.receita([0.1, 3, 0.1, 0.1]));
    const child = board.firmware('--once');
    await child.says(/Item 2\/4/);
    await house.restart();
    expect(await child.ended).toBe(0);
    expect(await board.outcomes(jobId)).toEqual(['done', 'done', 'done', 'done']);
    await board.expectExact([jobId]);
  });

  test('three restarts in one job: every entry is stored once', async () => {
    const board = await open('reinicios');
    const jobId = await board.order(await board.receita(Array.from({ length: 8 }, () => 0.5)));
    const child = board.firmware('--once');
    for (const item of [1, 3, 5]) {
      await child.says(new RegExp(`Item ${item}/8`));
      await house.restart();
    }
    expect(await child.ended).toBe(0);
    expect(await board.job(jobId)).toMatchObject({ status: 'done', itens_completados: 8 });
    await board.expectExact([jobId]);
  });

  // Both wait for MQTT's own keepalive (15 s, never scaled), so they wait side by side.
  test.concurrent('a job of 21 minutes leaves no false will: the dispenser is never told lost', async () => {
    const board = await open('longo');
    const ear = await openEar(house, 'devices/longo/presence');
    const states = (): unknown[] => ear.heard.map(({ payload }) => payload.state);
    const jobId = await board.order(await board.receita(Array.from({ length: 7 }, () => 180)));
    // 1,260 s at 35 times are 36 real seconds: longer than twice the keepalive.
    const child = board.firmware('--speed', '35');
    const job = await house.jobWhen(jobId, ended);
    expect(job).toMatchObject({ status: 'done', itens_completados: 7, sem_noticias: false });
    expect(states()).toEqual(['online']);
    expect(child.output()).not.toContain('Conexão perdida');
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
    await ear.next(({ payload }) => payload.state === 'offline');
    expect(states()).toEqual(['online', 'offline']);
    await board.expectExact([jobId]);
  });

  test.concurrent('a broker that falls silent without closing: it pours on, notices, and reports anew', async () => {
    const board = await open('mudo');
    const jobId = await board.order(await board.receita([0.2, 0.2, 0.2, 0.2]));
    const child = board.firmware('--once', '--freeze-at', '1');
    await child.says(/Execução concluída/);
    expect(await board.job(jobId)).toMatchObject({ status: 'running' });
    expect(await child.ended).toBe(0);
    expect(child.output()).toMatch(/conexão 2/);
    expect(await board.job(jobId)).toMatchObject({ status: 'done', itens_completados: 4 });
    await board.expectExact([jobId]);
  });
});
