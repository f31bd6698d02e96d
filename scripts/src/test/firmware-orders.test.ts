import type { CommandRow, DeviceState, JobState } from '@yaguts/shared';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Child } from './child.ts';
import { type Ear, openEar } from './ear.ts';
import { addBoard, type Board } from './firmware-board.ts';
import { describeWithFirmware } from './firmware-here.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// What a person asks over HTTP, as the firmware does it.
const describeFirmware = await describeWithFirmware("the firmware's journeys of cancel, stop and commands");

const device = 'ordens';
/** Seconds of a frasco during which a wish of a person arrives, on a busy machine too. */
const unhurried = 5;
const ended = ({ terminado_em }: Pick<JobState, 'terminado_em'>): boolean => terminado_em !== null;

describeFirmware('asked over HTTP', () => {
  let house: TestHouse;
  let board: Board;
  let child: Child;
  const jobs: number[] = [];
  beforeAll(async () => {
    house = await openHouse();
    board = await addBoard(house, device);
  });
  afterEach(async () => {
    // Its last acks may still be on their way.
    if (/Job recebido|Job anterior detectado/.test(child.output())) await child.says(/memória liberada/);
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
    await board.expectExact(jobs);
  });
  afterAll(async () => {
    await board.stop();
    await house.close();
  });

  /** Starts the firmware; resolves once the platform knows that it is there. */
  async function powerOn(...flags: string[]): Promise<void> {
    child = board.firmware(...flags);
    // Its own birth: a state that says online could be of the process before.
    const [, session] = await child.says(/conexão (\d+)/);
    expect(session).toBe('1');
    await stateWhen(({ presence }) => presence === 'online');
  }
  async function order(...seconds: number[]): Promise<number> {
    const jobId = await board.order(await board.receita(seconds));
    jobs.push(jobId);
    return jobId;
  }
  /** Sends a command and resolves with its row once the device has answered. */
  async function command(body: { op: string } & Record<string, unknown>): Promise<CommandRow> {
    const ear = await openEar(house, `devices/${device}/cmd/${body.op}/+`);
    const { id } = await board.call<CommandRow>('POST', `/api/devices/${device}/commands`, body);
    await ear.next(({ payload }) => payload.id === id);
    await ear.close();
    const { rows } = await board.call<{ rows: CommandRow[] }>('GET', `/api/devices/${device}/commands`);
    return rows.find((row) => row.id === id) as CommandRow;
  }
  /** Resolves once the platform's own word on the device fits. */
  async function stateWhen(fits: (state: DeviceState) => boolean): Promise<void> {
    const ear = await openEar(house, `devices/${device}/state`);
    await ear.next(({ payload }) => fits(payload as unknown as DeviceState));
    await ear.close();
  }
  const inItem2 = (): Promise<unknown> => child.says(/Item 2\/3/);

  test('cancel: the frasco that pours is stopped and closed, the rest is canceled', async () => {
    await powerOn();
    const jobId = await order(0.1, 30, 0.1);
    await inItem2();
    await board.call('POST', `/api/jobs/${jobId}/cancel`, { motivo: 'panela errada' });
    expect(await house.jobWhen(jobId, ended)).toMatchObject({ status: 'done_partial', itens_cancelados: 2 });
    expect(await board.outcomes(jobId)).toEqual(['done', 'cancelado', 'cancelado']);
  });

  test('pause holds before the next frasco, resume goes on', async () => {
    await powerOn();
    const jobId = await order(0.1, unhurried, 0.1);
    await inItem2();
    await board.call('POST', `/api/jobs/${jobId}/pause`);
    await house.jobWhen(jobId, ({ fase }) => fase === 'pausado');
    await house.jobWhen(jobId, ({ itens_completados }) => itens_completados === 2);
    expect(child.output()).not.toMatch(/Item 3\/3/);
    await board.call('POST', `/api/jobs/${jobId}/resume`);
    expect(await house.jobWhen(jobId, ended)).toMatchObject({ status: 'done' });
  });

  test('a pause does not outlive a power cut: the job goes on, and the platform says so', async () => {
    await powerOn();
    const jobId = await order(0.1, unhurried, 0.1);
    await inItem2();
    await board.call('POST', `/api/jobs/${jobId}/pause`);
    await house.jobWhen(
      jobId,
      ({ fase, itens_completados }) => fase === 'pausado' && itens_completados === 2,
    );
    child.process.kill('SIGKILL');
    expect(await child.ended).toBe('SIGKILL');
    await powerOn();
    expect(await house.jobWhen(jobId, ended)).toMatchObject({ status: 'done' });
  });

  test.each([
    ['the stop command', () => board.call('POST', `/api/devices/${device}/commands`, { op: 'stop' })],
    ['the stop button', () => child.process.kill('SIGUSR1')],
  ])('%s ends the job: the frasco that pours is abortado, the rest cancelado', async (_, stop) => {
    await powerOn();
    const jobId = await order(0.1, 30, 0.1);
    await inItem2();
    await stop();
    expect(await house.jobWhen(jobId, ended)).toMatchObject({ status: 'done_partial' });
    expect(await board.outcomes(jobId)).toEqual(['done', 'abortado', 'cancelado']);
  });

  test('stop for everybody reaches the motors and ends what waits', async () => {
    await powerOn();
    const [running, waiting] = [await order(0.1, 30, 0.1), await board.order(await board.receita([1]))];
    await inItem2();
    await board.call('POST', '/api/stop', {});
    await house.jobWhen(running, ended);
    expect(await house.jobWhen(waiting, ended)).toMatchObject({ status: 'canceled' });
    expect(await board.outcomes(running)).toEqual(['done', 'abortado', 'cancelado']);
  });

  test('identify, prime, clean and calibrate run, measured, and touch neither estoque nor journal', async () => {
    await powerOn();
    expect(await command({ op: 'identify' })).toMatchObject({ estado: 'aceito' });
    expect(await command({ op: 'prime', frasco: 2, ms: 150 })).toMatchObject({
      estado: 'aceito',
      ran_ms: 150,
    });
    const pulses = { frasco: 3, on_ms: 40, off_ms: 40, cycles: 3 };
    expect(await command({ op: 'clean', ...pulses })).toMatchObject({ estado: 'aceito', ran_ms: 120 });
    const calibrated = await command({ op: 'calibrate', frasco: 1, ms: 250 });
    expect(calibrated).toMatchObject({ estado: 'aceito', ran_ms: 250 });
  });

  test('a weighed calibrate run becomes the new g/s, and the next job runs by it without a restart', async () => {
    await powerOn();
    const { id } = await command({ op: 'calibrate', frasco: 1, ms: 200 });
    const medidas = [{ command_id: id, gramas: 0.4 }];
    await board.call('POST', `/api/devices/${device}/calibrations`, { frasco: 1, medidas });
    await stateWhen(({ config }) => config.reportada?.versao === config.desejada);
    const jobId = await order(1);
    expect(await house.jobWhen(jobId, ended)).toMatchObject({ status: 'done' });
    expect((await board.job(jobId)).itens[0]).toMatchObject({ ms: 500 });
  });

  test('a pin that no frasco may have is reported, and the frascos stay as they were', async () => {
    await powerOn();
    const frasco = { frasco: 8, tempero: `${device} 8`, g_por_s: 1, pin: 45 };
    await board.call('PUT', `/api/devices/${device}/frascos`, { frascos: [frasco] });
    await stateWhen(({ alertas }) =>
      alertas.some(({ code, detalhe }) => code === 'config_recusada' && detalhe.includes('frasco 8')),
    );
    await board.call('PUT', `/api/devices/${device}/frascos`, { frascos: [{ ...frasco, pin: null }] });
    await stateWhen(
      ({ config, alertas }) => config.reportada?.versao === config.desejada && alertas.length === 0,
    );
  });

  test('while it pours, motor commands are refused by the platform and by the device', async () => {
    await powerOn();
    const jobId = await order(0.1, 30, 0.1);
    await inItem2();
    await expect(command({ op: 'prime', frasco: 1, ms: 100 })).rejects.toMatchObject({ status: 409 });
    const ear = await openEar(house, `devices/${device}/cmd/prime/rejected`);
    const forged = { id: 'forjado', expires_at: Date.now() + 60_000, frasco: 1, ms: 100 };
    house.running.broker?.publish(`yaguts/v1/demo/devices/${device}/cmd/prime`, JSON.stringify(forged), {
      ...{ qos: 1, retain: false },
    });
    const refused = await ear.next(({ payload }) => payload.id === 'forjado');
    expect(refused.payload).toMatchObject({ code: 'ocupado' });
    await board.call('POST', `/api/jobs/${jobId}/cancel`, {});
    await house.jobWhen(jobId, ended);
  });

  test('reboot: offline in order, and back with the reason', async () => {
    await powerOn();
    const ear: Ear = await openEar(house, `devices/${device}/birth`);
    expect(await command({ op: 'reboot' })).toMatchObject({ estado: 'aceito' });
    await ear.next(({ payload }) => payload.reset_reason === 'software');
    await child.says(/conexão 1\)[\s\S]*conexão 1\)/);
  });

  test('a critical frasco that fails closes the rest as abortado', async () => {
    await powerOn('--fail-frasco-indices', '1');
    const jobId = await board.order(await board.receita([0.1, 0.1, 0.1], true));
    jobs.push(jobId);
    await house.jobWhen(jobId, ended);
    expect(await board.outcomes(jobId)).toEqual(['done', 'rele', 'abortado']);
  });
});
