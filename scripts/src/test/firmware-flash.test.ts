import { afterAll, beforeAll, expect, test } from 'vitest';
import { addBoard, type Board } from './firmware-board.ts';
import { describeWithFirmware } from './firmware-here.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// The firmware as a process over a flash that refuses, against the real platform. What one told entry says must
// hold for ever: a second, different report would be put aside among the rejected messages.
const describeFirmware = await describeWithFirmware('the journeys of a flash that refuses');

const items = 4;
/** Writes of a process that begins a job: the boot counter, the job, then an intent and an outcome per item. */
const firstIntent = 3;
/** A hundred processes and more, one after the other: on a busy machine they take their time. */
const sweepMs = 400_000;
const fast = ['--once', '--speed', '100', '--count'];

describeFirmware('a flash that refuses', () => {
  let house: TestHouse;
  const boards: Board[] = [];
  beforeAll(async () => {
    const env = { YAGUTS_DEVICE_MESSAGES_PER_SECOND: '100000', YAGUTS_DEVICE_BURST: '100000' };
    house = await openHouse({ env });
  });
  afterAll(async () => {
    for (const board of boards) await board.stop();
    await house.close();
  });
  const open = async (id: string): Promise<Board> => {
    const board = await addBoard(house, id);
    boards.push(board);
    return board;
  };
  const order = async (board: Board): Promise<number> =>
    board.order(await board.receita(Array.from({ length: items }, () => 0.05)));

  /** The oracle, and that the platform has put nothing aside. */
  async function expectExact(board: Board, jobs: readonly number[]): Promise<void> {
    await board.expectExact(jobs);
    expect(await board.call('GET', '/api/rejected-messages')).toMatchObject({ rows: [] });
  }

  /** Powers the board on, with a flash that is well again, until the job is over on both sides. */
  async function finish(board: Board, jobId: number): Promise<void> {
    // Asked before: a fast heir may be through with an offered job before the answer comes.
    const wasOver = (await board.job(jobId)).terminado_em !== null;
    const heir = board.firmware(...fast);
    await heir.says(/\[MQTT\] Conectado/);
    const isOver = wasOver && !heir.output().includes('Job anterior detectado');
    if (isOver) heir.process.kill('SIGTERM');
    expect(await heir.ended, heir.output()).toBe(isOver ? 1 : 0);
  }

  test('refuses an intent and then its outcome: the frasco is not run, its entry says flash, the rest is poured', async () => {
    const board = await open('tropeco');
    const first = await order(board);
    expect(await board.firmware(...fast).ended).toBe(0);
    const jobId = await order(board);
    // The intent is asked for once, the outcome three times, and again after two seconds.
    const child = board.firmware(...fast, '--flash-fails-at', `${firstIntent}`, '--flash-fails-for', '4');
    expect(await child.ended, child.output()).toBe(0);
    expect(child.output()).toContain('[PERSIST] Flash recusa gravar');
    expect(child.output()).toContain('writes_refused 4');
    expect(await board.outcomes(jobId)).toEqual(['flash', 'done', 'done', 'done']);
    await expectExact(board, [first, jobId]);
  });

  test('for ever: nothing of that frasco is told, and after a restart it is poured, once', async () => {
    const board = await open('reinicio');
    const first = await order(board);
    expect(await board.firmware(...fast).ended).toBe(0);
    const jobId = await order(board);
    const victim = board.firmware(...fast, '--flash-fails-at', `${firstIntent}`);
    await victim.says(/Flash recusa gravar/);
    victim.process.kill('SIGKILL');
    expect(await victim.ended).toBe('SIGKILL');
    expect((await board.job(jobId)).execution_logs).toEqual([]);
    await finish(board, jobId);
    expect(await board.outcomes(jobId)).toEqual(['done', 'done', 'done', 'done']);
    await expectExact(board, [first, jobId]);
  });

  test.each([
    ['once', ['--flash-fails-for', '1']],
    ['four times', ['--flash-fails-for', '4']],
    ['until it is restarted', []],
  ])('at each write of a job, %s: nothing twice, nothing lost, nothing contradicted', async (name, flags) => {
    const board = await open(`escritas-${flags.length === 0 ? 'sempre' : flags[1]}`);
    const jobs: number[] = [];
    let refusals = 0;
    for (let write = 1, reached = true; reached; write += 1) {
      const jobId = await order(board);
      jobs.push(jobId);
      const child = board.firmware(...fast, '--flash-fails-at', String(write), ...flags);
      if (flags.length === 0) {
        // For ever is until somebody pulls the plug.
        await Promise.race([child.says(/Flash recusa gravar/), child.ended]);
        child.process.kill('SIGKILL');
        reached = (await child.ended) === 'SIGKILL';
        if (reached) await finish(board, jobId);
      } else {
        expect(await child.ended, child.output()).toBe(0);
        reached = !child.output().includes('writes_refused 0');
      }
      if (reached) refusals += 1;
    }
    // Boot counter, job, an intent and an outcome per item, the slot; and acks, as they come.
    expect(refusals, name).toBeGreaterThanOrEqual(2 + 2 * items + 1);
    await expectExact(board, jobs);
  });

  test(
    'and a SIGKILL at each step of such a job: nothing twice, nothing lost, nothing contradicted',
    async () => {
      const board = await open('cortes');
      const jobs: number[] = [];
      let kills = 0;
      for (let point = 1, alive = false; !alive; point += 1) {
        const jobId = await order(board);
        jobs.push(jobId);
        const flags = [
          '--flash-fails-at',
          `${firstIntent}`,
          '--flash-fails-for',
          '4',
          '--kill-at',
          String(point),
        ];
        const victim = board.firmware(...fast, ...flags);
        const end = await victim.ended;
        alive = end === 0;
        if (alive) continue;
        expect(end, victim.output()).toBe('SIGKILL');
        kills += 1;
        await finish(board, jobId);
      }
      expect(kills).toBeGreaterThan(8 * items);
      await expectExact(board, jobs);
    },
    sweepMs,
  );
});
