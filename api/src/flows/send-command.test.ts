import { afterEach, beforeEach, expect, test } from 'vitest';
import { createJob } from './create-job.ts';
import { runHousekeeping } from './housekeeping.ts';
import { sendCommand } from './send-command.ts';
import { ana, type Kitchen, mao, openKitchen, org } from './test-kitchen.ts';

let kitchen: Kitchen;
beforeEach(async () => {
  kitchen = await openKitchen();
  await kitchen.bear();
});
afterEach(() => kitchen.close());

type Body = Parameters<typeof sendCommand>[1]['body'];
const send = (body: Body, device = mao) => sendCommand(kitchen.deps, { org, by: ana, device, body });
const row = async (id: string) => kitchen.deps.store.findCommand(org, id);

test('a command carries an id and an expiry, and is a row until it is answered', async () => {
  const sent = await send({ op: 'prime', frasco: 1, ms: 500 });
  expect(sent).toMatchObject({ device: mao, op: 'prime', estado: 'enviado', por: 'ana' });
  expect(kitchen.last('command')).toEqual({
    key: 'command',
    params: { org, device: mao, op: 'prime' },
    payload: { id: sent.id, expires_at: kitchen.deps.now() + 10_000, frasco: 1, ms: 500 },
  });
  kitchen.later(700);
  await kitchen.say('commandAccepted', { org, device: mao, op: 'prime' }, { id: sent.id, ran_ms: 498 });
  expect(await row(sent.id)).toMatchObject({
    estado: 'aceito',
    ran_ms: 498,
    respondido_em: kitchen.deps.now(),
  });
  expect(await kitchen.deps.store.listCommands(org, mao)).toMatchObject([{ id: sent.id }]);
});

test('a refusal is stored with its code, and a second answer changes nothing', async () => {
  const { id } = await send({ op: 'identify' });
  await kitchen.say(
    'commandRejected',
    { org, device: mao, op: 'identify' },
    { id, code: 'ocupado', message: 'pouring' },
  );
  await kitchen.say('commandAccepted', { org, device: mao, op: 'identify' }, { id });
  expect(await row(id)).toMatchObject({ estado: 'recusado', code: 'ocupado', message: 'pouring' });
});

test('an answer from another device, to another op or to nothing we asked is ignored', async () => {
  const { id } = await send({ op: 'identify' });
  await kitchen.say('commandAccepted', { org, device: 'outra', op: 'identify' }, { id });
  await kitchen.say('commandAccepted', { org, device: mao, op: 'reboot' }, { id });
  await kitchen.say('commandAccepted', { org, device: mao, op: 'identify' }, { id: 'nada' });
  expect(await row(id)).toMatchObject({ estado: 'enviado' });
});

test('a command nobody answers is expired, but not while its motor may still run', async () => {
  const quick = await send({ op: 'identify' });
  const slow = await send({ op: 'clean', frasco: 1, on_ms: 1_000, off_ms: 1_000, cycles: 30 });
  kitchen.later(15_000);
  await runHousekeeping(kitchen.deps);
  expect(await row(quick.id)).toMatchObject({ estado: 'expirado' });
  expect(await row(slow.id)).toMatchObject({ estado: 'enviado' });
  kitchen.later(60_000);
  await runHousekeeping(kitchen.deps);
  expect(await row(slow.id)).toMatchObject({ estado: 'expirado' });
  await kitchen.say('commandAccepted', { org, device: mao, op: 'clean' }, { id: slow.id, ran_ms: 30_000 });
  expect(await row(slow.id)).toMatchObject({ estado: 'aceito' });
});

test('a device that is not connected is sent nothing', async () => {
  await kitchen.say('presence', { org, device: mao }, { state: 'lost', boot_id: 'b1', session: 1 });
  await expect(send({ op: 'identify' })).rejects.toMatchObject({ code: 'dispensador_offline' });
  await expect(send({ op: 'identify' }, 'fogao')).rejects.toMatchObject({ code: 'not_found' });
  expect(kitchen.all('command')).toEqual([]);
});

test('while dispensing only stop, pause and resume are taken; without a job pause and resume are not', async () => {
  await expect(send({ op: 'pause' })).rejects.toMatchObject({ code: 'conflict' });
  await createJob(kitchen.deps, {
    org,
    by: ana,
    metodo: 'painel',
    body: { receita_id: 1, multiplicador: 1 },
  });
  await kitchen.startOffered();
  await expect(send({ op: 'prime', frasco: 1, ms: 100 })).rejects.toMatchObject({ code: 'ocupado' });
  expect(await send({ op: 'pause' })).toMatchObject({ estado: 'enviado' });
  expect(await send({ op: 'stop' })).toMatchObject({ estado: 'enviado' });
});

test('what a command needs and does not take is told field by field', async () => {
  await expect(send({ op: 'clean', frasco: 9, ms: 1 })).rejects.toMatchObject({
    code: 'invalid',
    faults: [{ path: 'on_ms' }, { path: 'off_ms' }, { path: 'cycles' }, { path: 'ms' }, { path: 'frasco' }],
  });
});
