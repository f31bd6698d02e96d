import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueCredential, type Simulate } from '@yaguts/api';
import { AppError, limits } from '@yaguts/shared';
import type { RunningPlatform } from './compose.ts';
import { type SimulationResult, startSimulator } from './simulator/simulator.ts';

/** Room for offer, handshake and acks beside the pouring itself. */
const graceMs = 60_000;

/**
 * `POST /devices/test/simulate-execution`: a simulated dispenser takes the place of a device that is not
 * connected, pours one job over real MQTT and is gone again. Development and demo only.
 */
export function simulateOn(running: RunningPlatform): Simulate {
  return async (org, { device: named, ...parameters }) => {
    const { store, platform, broker, mqttPort } = running;
    if (!broker || mqttPort === undefined) {
      throw new AppError('unavailable', 'The simulated dispenser needs the embedded broker on plain MQTT');
    }
    const job = parameters.job_id === undefined ? undefined : await store.jobState(org, parameters.job_id);
    if (job?.terminado_em) throw new AppError('terminal');
    const device = named ?? job?.device;
    if (device === undefined) throw new AppError('sem_dispensador', 'Name job_id or device');
    const isConnected = broker
      .clients()
      .some(
        ({ principal }) =>
          principal.kind === 'device' && principal.org === org && principal.device === device,
      );
    if (isConnected)
      throw new AppError('ocupado', `${device} is connected; a simulated one would push it out`);

    const { password } = await issueCredential(platform.deps, { org, device }, { keep: true });
    const dir = mkdtempSync(join(tmpdir(), 'yaguts-simulated-'));
    const simulator = await startSimulator({
      url: `mqtt://127.0.0.1:${mqttPort}`,
      org,
      device,
      password,
      dir,
      parameters,
    });
    try {
      return await within(
        simulator.result(parameters.job_id),
        limits.maxItens * parameters.frasco_delay_ms + graceMs,
      );
    } finally {
      await simulator.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  };
}

/** @throws AppError "timeout" */
async function within(result: Promise<SimulationResult>, ms: number): Promise<SimulationResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new AppError('timeout', 'The simulated job did not end; is one waiting for this device?')),
      ms,
    );
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
