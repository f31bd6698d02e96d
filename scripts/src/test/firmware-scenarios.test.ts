import { readFileSync } from 'node:fs';
import type { JobState } from '@yaguts/shared';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addBoard, type Board, type Program } from './firmware-board.ts';
import { describeWithFirmware } from './firmware-here.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// One house, one set of scenarios, two programs that play the dispenser: what the platform is told must agree.
const describeFirmware = await describeWithFirmware('the scenarios of both simulators');

const ended = ({ terminado_em }: Pick<JobState, 'terminado_em'>): boolean => terminado_em !== null;

describeFirmware.each<Program>(['firmware', 'simulator'])('the %s', (program) => {
  let house: TestHouse;
  let board: Board;
  beforeAll(async () => {
    house = await openHouse();
    board = await addBoard(house, program);
  });
  afterAll(async () => {
    await board.stop();
    await house.close();
  });
  const jobs: number[] = [];
  const order = async (...seconds: number[]): Promise<number> => {
    const jobId = await board.order(await board.receita(seconds));
    jobs.push(jobId);
    return jobId;
  };
  const powerOff = async (child: ReturnType<Board['powerOn']>): Promise<void> => {
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
  };

  test('pours a job: every frasco once, every entry stored, every gram taken', async () => {
    const child = board.powerOn(program, '--once', '--speed', '20');
    const jobId = await order(2, 1, 1.5, 0.5);
    expect(await child.ended).toBe(0);
    expect(await board.job(jobId)).toMatchObject({ status: 'done', itens_completados: 4 });
    await board.expectExact(jobs);
  });

  test('a frasco that fails makes the job done_partial and costs no estoque', async () => {
    const child = board.powerOn(program, '--once', '--speed', '20', '--fail-frasco-indices', '1');
    const jobId = await order(1, 1, 1);
    expect(await child.ended).toBe(0);
    expect(await board.job(jobId)).toMatchObject({
      ...{ status: 'done_partial', itens_completados: 2, itens_falhados: 1, itens_cancelados: 0 },
    });
    expect(await board.outcomes(jobId)).toEqual(['done', expect.stringMatching(/^(rele|timeout)$/), 'done']);
    await board.expectExact(jobs);
  });

  test('without Wi-Fi it pours on, and reports when it is back', async () => {
    const startsAtConnect: number[] = [];
    house.running.broker?.onConnection(({ kind, principal }) => {
      if (kind === 'connected' && principal.kind === 'device') startsAtConnect.push(board.starts().size);
    });
    const before = board.starts().size;
    const drop = ['--simulate-wifi-drop', '--drop-at-frasco-index', '0', '--drop-duration-seconds', '1.5'];
    const child = board.powerOn(program, '--once', ...drop);
    const jobId = await order(0.1, 0.1, 0.1);
    expect(await child.ended).toBe(0);
    expect(await board.job(jobId)).toMatchObject({ status: 'done', itens_completados: 3 });
    const [first, back] = startsAtConnect;
    expect(first).toBe(before);
    expect(back).toBeGreaterThan(before + 1);
    await board.expectExact(jobs);
  });

  test('killed with -9 while a frasco pours, it closes that one as interrompido and pours the rest', async () => {
    const victim = board.powerOn(program);
    const jobId = await order(0.1, 30, 0.1);
    await victim.says(/Item 2\/3/);
    victim.process.kill('SIGKILL');
    expect(await victim.ended).toBe('SIGKILL');
    const heir = board.powerOn(program, '--once');
    expect(await heir.ended).toBe(0);
    expect(heir.output()).toContain(`Retomando job ${jobId} (item 3/3)`);
    expect(await board.outcomes(jobId)).toEqual(['done', 'interrompido', 'done']);
    expect(await board.job(jobId)).toMatchObject({ status: 'done_partial', itens_falhados: 1 });
    await board.expectExact(jobs);
  });

  test('killed with -9 in two frascos of a job, it leaves the rest alone', async () => {
    const jobId = await order(30, 30, 0.1, 0.1);
    for (const item of ['1/4', '2/4']) {
      const victim = board.powerOn(program);
      await victim.says(new RegExp(`Item ${item}`));
      victim.process.kill('SIGKILL');
      expect(await victim.ended).toBe('SIGKILL');
    }
    expect(await board.powerOn(program, '--once').ended).toBe(0);
    expect(await board.outcomes(jobId)).toEqual(['interrompido', 'interrompido', 'abortado', 'cancelado']);
    expect(await board.job(jobId)).toMatchObject({ status: 'failed' });
    await board.expectExact(jobs);
  });

  test('a cancel stops the motor and closes the rest', async () => {
    const child = board.powerOn(program);
    const jobId = await order(0.1, 30, 0.1);
    await child.says(/Item 2\/3/);
    await board.call('POST', `/api/jobs/${jobId}/cancel`, { motivo: 'panela errada' });
    await house.jobWhen(jobId, ended);
    expect(await board.outcomes(jobId)).toEqual(['done', 'cancelado', 'cancelado']);
    expect(await board.job(jobId)).toMatchObject({ status: 'done_partial', itens_cancelados: 2 });
    expect(readFileSync(board.ledger, 'utf8').trim().split('\n').at(-1)).toMatch(/^STOP \d+ \d+ 2 /);
    await powerOff(child);
    await board.expectExact(jobs);
  });
});
