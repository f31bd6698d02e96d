import { join } from 'node:path';
import { limits } from '@yaguts/shared';
import type { CrashPoint, SimulateParameters } from './faults.ts';
import type { ClockKind } from './simulated-clock.ts';

/** What `npm run simulate` was asked for, as far as the firmware's own program may have a flag for it. */
export interface FirmwareRequest {
  readonly url: string;
  readonly ledger: string | undefined;
  readonly frascos: number;
  readonly speed: number;
  readonly once: boolean;
  readonly parameters: SimulateParameters;
  readonly crash: CrashPoint | undefined;
  readonly duplicateReports: number;
  readonly reorderReports: boolean;
  readonly clock: ClockKind;
}

const hourMs = 3_600_000;
const defaultDropS = 5;
/** What `--drop-for` takes at most, in device seconds. */
const maxDropS = 86_400;

/**
 * The flags of firmware/sim/build/dispenser-sim for the same dispenser. A delay and a drop are real time in the
 * simulator and device time in the firmware, hence the factor. The firmware ends a frasco at its planned time
 * at the latest, so `--frasco-delay-ms` can shorten it there, not stretch it.
 *
 * @param device its flash is a folder of its own beside the simulator's journal
 * @throws Error with a sentence that names the flag which the firmware does not have
 */
export function firmwareFlags(
  request: FirmwareRequest,
  device: { readonly org: string; readonly device: string; readonly dir: string },
): string[] {
  const { parameters, speed } = request;
  refuseAbsent(request);
  const flags: string[] = ['--broker', brokerOf(request.url), '--org', device.org, '--device', device.device];
  flags.push('--dir', join(device.dir, 'flash'), '--frascos', String(request.frascos));
  if (speed !== 1) flags.push('--speed', String(speed));
  if (request.ledger !== undefined) flags.push('--ledger', request.ledger);
  if (request.once) flags.push('--once');
  if (parameters.frasco_delay_ms !== undefined) {
    const deviceMs = Math.min(Math.round(parameters.frasco_delay_ms * speed), limits.maxStepMs);
    flags.push('--frasco-delay', String(deviceMs));
  }
  const fails = parameters.fail_frasco_indices ?? [];
  if (fails.length > 0) flags.push('--fail', fails.join(','));
  if (parameters.simulate_wifi_drop) {
    const deviceS = (parameters.drop_duration_seconds ?? defaultDropS) * speed;
    if (deviceS > maxDropS) {
      throw new Error(`--drop-duration-seconds: with --speed ${speed} at most ${maxDropS / speed}`);
    }
    flags.push('--drop-at', String(parameters.drop_at_frasco_index ?? 0));
    if (deviceS > 0) flags.push('--drop-for', String(deviceS));
  }
  return [...flags, ...clockFlags(request.clock)];
}

function refuseAbsent({
  parameters,
  crash,
  duplicateReports,
  reorderReports,
}: Omit<FirmwareRequest, 'url'>): void {
  const absent = (flag: string, instead: string): never => {
    throw new Error(`${flag}: the firmware has no such fault; ${instead}`);
  };
  if (parameters.job_id !== undefined) absent('--job-id', 'its faults touch every job');
  if (crash) absent('--crash-at-frasco-index', 'kill its process, or see --kill-at of dispenser-sim --help');
  if (duplicateReports > 0) absent('--duplicate-reports', 'leave --firmware out');
  if (reorderReports) absent('--reorder-reports', 'leave --firmware out');
}

function brokerOf(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'mqtt:') {
    throw new Error(`--url ${url}: the firmware on this machine speaks plain MQTT only (mqtt://host:port)`);
  }
  return `${hostname}:${port || '1883'}`;
}

function clockFlags(clock: ClockKind): string[] {
  switch (clock) {
    case 'real':
      return [];
    case 'none':
      return ['--clock', '0'];
    case '1970':
      // 0 would be "unknown".
      return ['--clock', '1'];
    default:
      return ['--clock', String(Date.now() + (clock === '+1h' ? hourMs : -hourMs))];
  }
}
