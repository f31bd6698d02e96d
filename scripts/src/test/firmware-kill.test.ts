import { appendFileSync, readFileSync } from 'node:fs';
import type { Receita } from '@yaguts/shared';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addBoard, type Board } from './firmware-board.ts';
import { describeWithFirmware } from './firmware-here.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// The firmware as a process, killed with SIGKILL where it hurts, against the real platform.
const describeFirmware = await describeWithFirmware('the kills of the firmware');

/** Items of the job that is swept: enough for more than 200 points. */
const sweptItems = 22;
/** Boards of one kitchen that are swept side by side; each takes every fourth point. */
const lanes = 4;
/** Some 550 processes, one after the other in each lane: on a busy machine they take their time. */
const sweepMs = 400_000;

/** One line for `make -C firmware/sim figures`, which names the file. */
function figure(text: string): void {
  console.log(text);
  if (process.env.YAGUTS_FIGURES) appendFileSync(process.env.YAGUTS_FIGURES, `  ${text}\n`);
}

describeFirmware('killed with SIGKILL', () => {
  let house: TestHouse;
  const boards: Board[] = [];
  const open = async (id: string, frascos?: number): Promise<Board> => {
    const board = await addBoard(house, id, frascos);
    boards.push(board);
    return board;
  };
  beforeAll(async () => {
    // A kill costs a connection, and a connection a burst of reports.
    const env = { YAGUTS_DEVICE_MESSAGES_PER_SECOND: '100000', YAGUTS_DEVICE_BURST: '100000' };
    house = await openHouse({ env });
  });
  afterAll(async () => {
    for (const board of boards) await board.stop();
    await house.close();
  });

  test(
    'at each of more than 200 steps of a job, it pours nothing twice and loses nothing',
    async () => {
      const swept = await Promise.all(
        Array.from({ length: lanes }, async (_, lane) => {
          const board = await open(`varredura-${lane}`, sweptItems);
          const receita = await board.receita(Array.from({ length: sweptItems }, () => 0.05));
          const jobs: number[] = [];
          let kills = 0;
          // The last point is the one that no run reaches any more.
          for (let point = lane + 1, alive = false; !alive; point += lanes) {
            const jobId = await board.order(receita);
            const victim = board.firmware('--once', '--speed', '100', '--kill-at', String(point));
            const end = await victim.ended;
            alive = end === 0;
            if (!alive) {
              expect(end, victim.output()).toBe('SIGKILL');
              kills += 1;
              await finish(board, jobId);
            }
            jobs.push(jobId);
          }
          await board.expectExact(jobs);
          const details = await Promise.all(jobs.map(board.job));
          const stored = details.reduce((sum, job) => sum + job.execution_logs.length, 0);
          return {
            kills,
            stored,
            lost: jobs.length * sweptItems - stored,
            starts: [...board.starts().values()],
          };
        }),
      );
      const sum = (of: (lane: (typeof swept)[number]) => number): number =>
        swept.reduce((total, lane) => total + of(lane), 0);
      const kills = sum((lane) => lane.kills);
      expect(kills).toBeGreaterThan(200);
      figure(`${kills} kills, one at each step of a job of ${sweptItems} items; all survived`);
      const doubles = sum(({ starts }) => starts.filter((times) => times > 1).length);
      figure(`${sum(({ starts }) => starts.length)} motor starts, ${doubles} double pours`);
      figure(`${sum(({ stored }) => stored)} entries stored, ${sum(({ lost }) => lost)} lost; estoque exact`);
    },
    sweepMs,
  );

  /** Powers the board on again until the job is over on both sides. */
  async function finish(board: Board, jobId: number): Promise<void> {
    // Asked before: a fast heir may be through with an offered job before the answer comes.
    const wasOver = (await board.job(jobId)).terminado_em !== null;
    const heir = board.firmware('--once', '--speed', '100');
    await heir.says(/\[MQTT\] Conectado/);
    const isOver = wasOver && !heir.output().includes('Job anterior detectado');
    // The kill came after the slot was free: nothing is left to do.
    if (isOver) heir.process.kill('SIGTERM');
    expect(await heir.ended, heir.output()).toBe(isOver ? 1 : 0);
    // One kill costs one frasco at most, and that one is told.
    const { motivo } = await board.job(jobId);
    const lost = (await board.outcomes(jobId)).filter((outcome) => outcome !== 'done');
    expect({ motivo, lost }).toEqual({ motivo: null, lost: lost.length === 0 ? [] : ['interrompido'] });
  }

  test('it resumes without a network, and reports when the platform is there again', async () => {
    const board = await open('resumo');
    const receita: Receita = await board.receita([0.1, 30, 0.2, 0.2]);
    const jobId = await board.order(receita);
    const victim = board.firmware();
    await victim.says(/Item 2\/4/);
    const [heir] = await Promise.all([
      (async () => {
        victim.process.kill('SIGKILL');
        expect(await victim.ended).toBe('SIGKILL');
        return board.firmware('--once', '--count');
      })(),
      house.restart(),
    ]);
    expect(await heir.ended).toBe(0);
    expect(await board.outcomes(jobId)).toEqual(['done', 'interrompido', 'done', 'done']);
    await board.expectExact([jobId]);
    const [, toMotor] = await heir.says(/ms_to_motor (\d+)/);
    const [, toEntry] = await heir.says(/ms_to_entry (\d+)/);
    figure(`${toMotor} ms from start to the resumed motor (wanted below 2,000), on this machine`);
    figure(`${toEntry} ms from CONNACK to the first unacked entry on the wire (wanted below 100)`);
  });

  test('the oracle sees a frasco that went on twice, and an entry that is missing', async () => {
    const board = await open('controle');
    const jobId = await board.order(await board.receita([0.05, 0.05]));
    await expect(board.expectExact([jobId])).rejects.toThrow();
    expect(await board.firmware('--once', '--speed', '20').ended).toBe(0);
    await board.expectExact([jobId]);
    const [start = ''] = readFileSync(board.ledger, 'utf8').split('\n');
    appendFileSync(board.ledger, `${start}\n`);
    await expect(board.expectExact([jobId])).rejects.toThrow();
  });
});
