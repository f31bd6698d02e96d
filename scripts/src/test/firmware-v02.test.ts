import type { JobCompleteOut, JobDocument } from '@yaguts/shared';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addBoard, type Board } from './firmware-board.ts';
import { describeWithFirmware } from './firmware-here.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// Firmware v0.2 asks over HTTP with the same credential; it is played by hand here, as its loop would.
const describeFirmware = await describeWithFirmware(
  'firmware v0.2 beside this one, and the way from one to the other',
);

describeFirmware('firmware v0.2', () => {
  let house: TestHouse;
  let old: Board;
  let other: Board;
  beforeAll(async () => {
    house = await openHouse();
    old = await addBoard(house, 'antigo');
    other = await addBoard(house, 'atual');
  });
  afterAll(async () => {
    await old.stop();
    await other.stop();
    await house.close();
  });

  async function ask<T>(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: T }> {
    const { org, device, password } = old.credential;
    const response = await fetch(house.running.origin + path, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${org}.${device}:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: (text ? JSON.parse(text) : undefined) as T };
  }
  /** Takes the job that waits, pours it and reports, as v0.2 does: no version, seq or token. */
  async function pourOverHttp(jobId: number): Promise<void> {
    const { status, json: job } = await ask<JobDocument>('GET', '/devices/me/next_job');
    expect({ status, job_id: job.job_id }).toEqual({ status: 200, job_id: jobId });
    expect((await ask<JobDocument>('GET', '/devices/me/next_job')).json).toEqual(job);
    const report = {
      itens_completados: job.itens.length,
      itens_falhados: 0,
      execution_logs: job.itens.map(({ frasco, ms }) => ({ frasco, segundos: ms / 1_000, status: 'done' })),
    };
    const path = `/devices/me/jobs/${jobId}/complete`;
    const first = await ask<JobCompleteOut>('POST', path, report);
    expect(first).toMatchObject({ status: 200, json: { ok: true, status: 'done' } });
    // Its answer was lost on the way: it sends again.
    expect(await ask('POST', path, report)).toEqual(first);
  }
  async function pourOverMqtt(board: Board, jobId: number): Promise<void> {
    expect(await board.firmware('--once', '--speed', '20').ended).toBe(0);
    expect(await board.job(jobId)).toMatchObject({ status: 'done' });
  }

  test('pours over HTTP while another dispenser pours over MQTT', async () => {
    const mine = await old.order(await old.receita([1, 2]));
    const theirs = await other.order(await other.receita([1, 1, 1]));
    await Promise.all([pourOverHttp(mine), pourOverMqtt(other, theirs)]);
    await other.expectExact([theirs]);
    expect((await ask('GET', '/devices/me/next_job')).status).toBe(204);
  });

  test('gives way to this firmware on the same device and comes back: each job is poured by whoever is there', async () => {
    const receita = await old.receita([1, 1]);
    const saldo = async (): Promise<number[]> => {
      const { rows } = await old.call<{ rows: { saldo_g: number }[] }>('GET', '/api/devices/antigo/frascos');
      return rows.slice(0, 2).map(({ saldo_g }) => saldo_g);
    };
    const before = await saldo();
    const jobs: number[] = [];
    for (const generation of ['v0.2', 'this', 'v0.2', 'this']) {
      const jobId = await old.order(receita);
      jobs.push(jobId);
      if (generation === 'v0.2') await pourOverHttp(jobId);
      else await pourOverMqtt(old, jobId);
    }
    for (const jobId of jobs) expect(await old.job(jobId)).toMatchObject({ status: 'done' });
    expect([...old.starts().values()]).toEqual([1, 1, 1, 1]);
    expect(await saldo()).toEqual(before.map((grams) => grams - 4));
  });
});
