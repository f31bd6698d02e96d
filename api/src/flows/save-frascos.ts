import { AppError, type Calibracao, type CalibracaoIn, type FrascoIn, type FrascoRow } from '@yaguts/shared';
import { meanRate } from '../domain/calibration.ts';
import type { FrascosChange } from '../store/frascos.ts';
import { type Actor, actOf } from './actor.ts';
import { publishConfig } from './apply-config.ts';
import type { FlowDeps } from './deps.ts';
import { requireDevice } from './job-of.ts';
import { tellWhenLow } from './move-estoque.ts';
import { publishDevice, publishEstoque } from './project.ts';

interface OfDevice {
  readonly org: string;
  readonly by: Actor;
  readonly device: string;
}

/**
 * Sets what the frascos named hold and how they run; the others stay as they are. The device gets a new
 * config without a restart, and says in `config/reported` what it has taken.
 *
 * @throws AppError "invalid" with the path of each fault, "conflict" while a job counts on a frasco's
 *         tempero, "not_found"
 */
export async function saveFrascos(
  deps: FlowDeps,
  { org, by, device, body }: OfDevice & { body: { frascos: readonly FrascoIn[] } },
): Promise<FrascoRow[]> {
  await requireDevice(deps, { org, by, device });
  const change = await deps.store.saveFrascos(org, device, body.frascos, actOf(deps, by));
  deps.log('frascos_saved', { org, device, frascos: change.touched, por: by.user });
  await publishChange(deps, org, device, change);
  return change.frascos;
}

/**
 * Stores the rate of a frasco from weighed runs: their mean in grams a second, with its spread. It touches
 * neither estoque nor success rate; the device gets it at once.
 *
 * @throws AppError "invalid" when a named command is not an accepted `calibrate` of that frasco, or the rate
 *         is out of range; "sem_frasco" when the frasco holds nothing; "not_found"
 */
export async function saveCalibration(
  deps: FlowDeps,
  { org, by, device, body }: OfDevice & { body: CalibracaoIn },
): Promise<Calibracao> {
  await requireDevice(deps, { org, by, device });
  const runs: { ms: number; gramas: number }[] = [];
  for (const [index, { command_id, ms, gramas }] of body.medidas.entries()) {
    runs.push({ gramas, ms: ms ?? (await ranMs(deps, org, device, body.frasco, command_id ?? '', index)) });
  }
  const { g_por_s, desvio, medidas } = meanRate(runs);
  if (g_por_s < 0.001 || g_por_s > 1_000) {
    throw new AppError('invalid', `${g_por_s} g/s is out of range: 0.001 to 1,000`);
  }
  const act = actOf(deps, by);
  const measured = { ug_por_s: Math.round(g_por_s * 1e6), medidas };
  const change = await deps.store.saveCalibration(org, device, body.frasco, measured, act);
  deps.log('frasco_calibrated', { org, device, frasco: body.frasco, g_por_s, desvio, por: by.user });
  await publishChange(deps, org, device, change);
  return { frasco: body.frasco, g_por_s: measured.ug_por_s / 1e6, desvio, medidas, calibrado_em: act.em };
}

async function ranMs(
  deps: Pick<FlowDeps, 'store'>,
  org: string,
  device: string,
  frasco: number,
  id: string,
  index: number,
): Promise<number> {
  const command = await deps.store.findCommand(org, id);
  const fits = command?.device === device && command.op === 'calibrate' && command.params.frasco === frasco;
  if (fits && command.estado === 'aceito' && command.ran_ms) return command.ran_ms;
  const message = fits
    ? `the command is ${command.estado}`
    : 'no calibrate command of this frasco has this id';
  throw new AppError('invalid', undefined, { faults: [{ path: `medidas.${index}.command_id`, message }] });
}

async function publishChange(
  deps: FlowDeps,
  org: string,
  device: string,
  change: FrascosChange,
): Promise<void> {
  if (change.configChanged) {
    await publishConfig(deps, org, device);
    await publishDevice(deps, org, device);
  }
  await publishEstoque(deps, org, device, change.touched);
  // A frasco that has just been given its tempero is about to be filled, by whoever stands there.
  tellWhenLow(
    deps,
    change.pairs.filter(({ antes, depois }) => antes.tempero_id === depois.tempero_id),
  );
}
