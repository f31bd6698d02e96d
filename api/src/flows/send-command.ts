import { AppError, type CommandIn, type CommandOp, type CommandRow, type Fault } from '@yaguts/shared';
import { type Actor, actOf } from './actor.ts';
import type { FlowDeps } from './deps.ts';
import { requireDevice } from './job-of.ts';

/** How long a command may wait on its way; one that comes later would surprise whoever stands there. */
const expiryMs: Readonly<Record<CommandOp, number>> = {
  identify: 10_000,
  reboot: 10_000,
  prime: 10_000,
  clean: 10_000,
  calibrate: 10_000,
  pause: 30_000,
  resume: 30_000,
  stop: 30_000,
};

const needs: Readonly<Partial<Record<CommandOp, readonly (keyof CommandIn)[]>>> = {
  prime: ['frasco', 'ms'],
  calibrate: ['frasco', 'ms'],
  clean: ['frasco', 'on_ms', 'off_ms', 'cycles'],
};
const fields = ['frasco', 'ms', 'on_ms', 'off_ms', 'cycles'] as const;

/**
 * Sends a command to a device. It is never retained and carries an expiry; the answer comes later and ends
 * its row as `aceito` or `recusado`, or nobody answers and it is `expirado`.
 *
 * @throws AppError "dispensador_offline", "ocupado" for what is refused while dispensing, "conflict" for
 *         `pause` and `resume` without a running job, "forbidden", "invalid" with each missing field, "not_found"
 */
export async function sendCommand(
  deps: FlowDeps,
  { org, by, device, body }: { org: string; by: Actor; device: string; body: CommandIn },
): Promise<CommandRow> {
  const { op } = body;
  const state = await deps.store.deviceState(org, device);
  if (!state) throw new AppError('not_found', `There is no device "${device}"`);
  await requireDevice(deps, { org, by, device });
  const faults = faultsOf(body, state.birth?.frascos);
  if (faults.length > 0) throw new AppError('invalid', undefined, { faults });
  if (state.presence !== 'online') throw new AppError('dispensador_offline');
  const running = state.job?.status === 'running' ? state.job.job_id : undefined;
  const atAnyTime = op === 'stop' || op === 'pause' || op === 'resume';
  if (running !== undefined && !atAnyTime)
    throw new AppError('ocupado', `The device is running job ${running}`);
  if (running === undefined && atAnyTime && op !== 'stop') {
    throw new AppError('conflict', 'The device runs no job');
  }
  const now = deps.now();
  const id = deps.random(8).toString('hex');
  const params = Object.fromEntries(
    (needs[op] ?? []).flatMap((field) => (field === 'op' ? [] : [[field, body[field]]])),
  );
  const row = await deps.store.insertCommand(
    org,
    {
      ...{ id, device, op, expiraEm: now + expiryMs[op] },
      params: running === undefined ? params : { ...params, job_id: running },
    },
    actOf(deps, by),
  );
  deps.publish('command', { org, device, op }, { id, expires_at: row.expira_em, ...params });
  deps.log('command_sent', { org, device, op, id, por: by.user });
  return row;
}

function faultsOf(body: CommandIn, drives: number | undefined): Fault[] {
  const wanted = needs[body.op] ?? [];
  const faults: Fault[] = wanted.flatMap((field) =>
    body[field] === undefined ? [{ path: field, message: `${body.op} needs it` }] : [],
  );
  for (const field of fields) {
    if (body[field] !== undefined && !wanted.includes(field)) {
      faults.push({ path: field, message: `${body.op} does not take it` });
    }
  }
  if (body.frasco !== undefined && drives !== undefined && body.frasco > drives) {
    faults.push({ path: 'frasco', message: `the device drives ${drives} frascos` });
  }
  return faults;
}
