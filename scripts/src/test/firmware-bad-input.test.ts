import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobState } from '@yaguts/shared';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Child } from './child.ts';
import { type Ear, openEar } from './ear.ts';
import { addBoard, type Board } from './firmware-board.ts';
import { describeWithFirmware } from './firmware-here.ts';
import { openHouse, type TestHouse } from './fixture.ts';

// What the firmware must not do, whatever arrives. Forged messages are published by the broker itself.
const describeFirmware = await describeWithFirmware("the firmware's journeys of bad input");

const device = 'atento';
const ended = ({ terminado_em }: Pick<JobState, 'terminado_em'>): boolean => terminado_em !== null;
const item = (n: number, more: object = {}): object => ({
  ...{ item_ordem: n, frasco: 1, tempero: 'Sal', quantidade_g: 1, ms: 50, ...more },
});
const offer = (more: object = {}): string =>
  JSON.stringify({
    ...{ v: 1, job_id: 9_000, seq: 9_000, token: 'deadbeefdeadbeef', not_after: 4_000_000_000_000 },
    ...{ receita: 'Forjada', itens: [item(1)], ...more },
  });
const many = (n: number, more: object = {}): object[] =>
  Array.from({ length: n }, (_, i) => item(i + 1, more));

describeFirmware('bad input', () => {
  let house: TestHouse;
  let board: Board;
  let child: Child;
  let ear: Ear;
  const jobs: number[] = [];
  const publish = (row: string, payload: string, retain = false): void =>
    house.running.broker?.publish(`yaguts/v1/demo/devices/${device}/${row}`, payload, { qos: 1, retain });

  beforeAll(async () => {
    house = await openHouse();
    board = await addBoard(house, device);
    ear = await openEar(house, `devices/${device}/#`);
    child = board.firmware();
    await ear.next(({ topic, payload }) => topic.endsWith('/state') && payload.presence === 'online');
    // A first job, so that there is a highest finished seq.
    await pour();
  });
  afterAll(async () => {
    await board.stop();
    await house.close();
  });

  /** A whole job over the same process: whatever came before, the device is alive and exact. */
  async function pour(): Promise<void> {
    const jobId = await board.order(await board.receita([0.05, 0.05]));
    jobs.push(jobId);
    expect(await house.jobWhen(jobId, ended)).toMatchObject({ status: 'done' });
    await child.says(new RegExp(`Job ${jobId} confirmado`));
    await board.expectExact(jobs);
  }
  const journal = (): Record<string, string> => {
    const dir = join(board.ledger, '..', `demo.${device}`, 'flash');
    const keys = readdirSync(dir).filter((name) => !name.startsWith('.'));
    return Object.fromEntries(keys.map((key) => [key, readFileSync(join(dir, key)).toString('hex')]));
  };

  test.each([
    ['25 items', offer({ itens: many(25) }), 'limite'],
    ['a document above 3,072 bytes', offer({ itens: many(24, { tempero: 'x'.repeat(80) }) }), 'limite'],
    ['no time', offer({ itens: [item(1, { ms: 0 })] }), 'limite'],
    ['181 seconds', offer({ itens: [item(1, { ms: 181_000 })] }), 'limite'],
    ['a frasco that the board lacks', offer({ itens: [item(1, { frasco: 9 })] }), 'frasco'],
    ['a frasco that no board has', offer({ itens: [item(1, { frasco: 25 })] }), 'frasco'],
    ['one item_ordem twice', offer({ itens: [item(1), item(1)] }), 'invalido'],
    ['no items', offer({ itens: [] }), 'invalido'],
    ['an end cut off', offer().slice(0, -9), 'invalido'],
    ['a negative time', offer({ itens: [item(1, { ms: -5 })] }), 'invalido'],
    ['a seq that is finished', offer({ seq: 1 }), 'duplicado'],
    ['a time that is over', offer({ not_after: 1 }), 'expirado'],
  ])('an offer with %s is refused with its code, and the journal is as before', async (_, document, code) => {
    const before = journal();
    const heard = ear.heard.length;
    publish('jobs/next', document, true);
    const refused = await ear.next(
      (message) => message.topic.endsWith('jobs/9000/rejected') && ear.heard.indexOf(message) >= heard,
    );
    expect(refused.payload).toMatchObject({ token: 'deadbeefdeadbeef', code });
    expect(journal()).toEqual(before);
    await pour();
  });

  test.each([
    ['broken JSON', '{"v":1,"job_id":9000,', /Oferta ilegível ignorada/g],
    ['no token', offer({ token: undefined }), /Oferta ilegível ignorada/g],
    ['nothing but brackets', '[]', /Oferta ilegível ignorada/g],
    [
      'more than a buffer of the board',
      offer({ receita: 'x'.repeat(5_000) }),
      /Mensagem de \d+ bytes não cabe/g,
    ],
  ])(
    'an offer of %s cannot be answered: it is logged, and nothing else changes',
    async (_, document, line) => {
      const before = journal();
      const said = child.output().match(line)?.length ?? 0;
      publish('jobs/next', document, true);
      await child.says(new RegExp(`(${line.source}[\\s\\S]*){${said + 1}}`));
      expect(journal()).toEqual(before);
      publish('jobs/next', '', true);
      await pour();
    },
  );

  test('commands, cancels and leave that are retained by mistake are ignored, and the device boots on', async () => {
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
    const expires_at = Date.now() + 60_000;
    const rows: [string, object][] = [
      ['cmd/prime', { id: 'velho-1', expires_at, frasco: 1, ms: 500 }],
      ['cmd/reboot', { id: 'velho-2', expires_at }],
      ['cmd/stop', { id: 'velho-3', expires_at }],
      [`jobs/${jobs.at(-1)}/cancel`, { id: 'velho-4', motivo: '', expires_at }],
    ];
    for (const [row, payload] of rows) publish(row, JSON.stringify(payload), true);
    const before = readFileSync(board.ledger, 'utf8');
    child = board.firmware();
    await child.says(/(Comando retido ignorado[\s\S]*){4}/);
    expect(readFileSync(board.ledger, 'utf8')).toBe(before);
    for (const [row] of rows) publish(row, '', true);
    await pour();
    expect(ear.heard.filter(({ payload }) => String(payload.id).startsWith('velho'))).toHaveLength(
      rows.length,
    );
  });

  test('acks of another job or with another token free nothing: every entry is still reported', async () => {
    const jobId = await board.order(await board.receita([0.05, 1, 0.05]));
    jobs.push(jobId);
    await child.says(new RegExp(`Iniciando execução do job ${jobId}[\\s\\S]*Item 2/3`));
    const forged = { itens: [1, 2, 3], complete: true };
    publish(`jobs/${jobId}/ack`, JSON.stringify({ ...forged, token: '0000000000000000' }));
    publish(`jobs/${jobId + 1}/ack`, JSON.stringify({ ...forged, token: '0000000000000000' }));
    publish(`jobs/${jobId}/ack`, '{"token":');
    expect(await house.jobWhen(jobId, ended)).toMatchObject({ status: 'done', itens_completados: 3 });
    await pour();
  });

  test('a job that the board said it cannot take is refused before it is made', async () => {
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
    // The same board with three outputs.
    child = board.firmware('--frascos', '3');
    await ear.next(({ topic, payload }) => topic.endsWith('/birth') && payload.frascos === 3);
    const five = await board.receita([0.1, 0.1, 0.1, 0.1, 0.1]);
    await expect(board.order(five)).rejects.toMatchObject({ status: 422, problem: { code: 'sem_frasco' } });
    await pour();
  });

  test('the largest job that fits is poured whole; a larger one is refused with the number it exceeds', async () => {
    const name = (n: number): string => `${'ç'.repeat(14)}${String(n).padStart(4, '0')}`;
    const large = await addBoard(house, 'grande', 24, name);
    const longest = Array.from({ length: 24 }, () => 179.999);
    await expect(large.order(await large.receita(longest, true))).rejects.toMatchObject({
      ...{ status: 422, problem: { code: 'job_grande', detail: expect.stringContaining('at most 3072') } },
    });
    const jobId = await large.order(await large.receita(longest));
    expect(await large.firmware('--once', '--speed', '1000').ended).toBe(0);
    expect(await large.job(jobId)).toMatchObject({ status: 'done', itens_completados: 24 });
    await large.expectExact([jobId]);
    await large.stop();
  });
});
