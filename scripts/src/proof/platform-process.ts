import { createLog, type Every, openSetup, parseConfig, realTimers } from '@yaguts/api';
import { limits } from '@yaguts/shared';
import { compose } from '../compose.ts';
import { composeControl, isControl } from './controlled-platform.ts';
import { reportReady } from './process.ts';

/**
 * The platform as a process of its own on free ports of 127.0.0.1. Without PROOF_CONTROL it is the product as
 * `npm start` composes it; with one, the composition of a control that must fail.
 */
const config = parseConfig({
  YAGUTS_HTTP_HOST: '127.0.0.1',
  YAGUTS_HTTP_PORT: '0',
  YAGUTS_MQTT_HOST: '127.0.0.1',
  YAGUTS_MQTT_PORT: '0',
  YAGUTS_BACKUP_MINUTES: 'off',
  // Kills make connections and connections make reports: the caps are not what is proved here.
  YAGUTS_REQUESTS_PER_MINUTE: '1000000',
  YAGUTS_DEVICE_MESSAGES_PER_SECOND: '100000',
  YAGUTS_DEVICE_BURST: '100000',
  YAGUTS_CONNECTS_PER_SECOND: '100000',
  YAGUTS_HALF_OPEN_PER_ADDRESS: '100000',
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('YAGUTS_'))),
});
const control = process.env.PROOF_CONTROL;
const log = createLog('error');
if (control !== undefined && !isControl(control)) throw new Error(`no control is called ${control}`);

/**
 * How long a soak lets the snapshots of ended jobs stand, in place of a day: what is kept for a day has to come
 * and go within the soak, or keeping looks like leaking. The timers that sweep run as much faster.
 */
const keptMs = Number(process.env.PROOF_KEPT_MS ?? 0);
if (keptMs > 0) (limits as { retainedJobMs: number }).retainedJobMs = keptMs;
const real = realTimers(log.error);
const often: Every = (ms, run) => real(Math.min(ms, keptMs / 3), run);

const running =
  control === undefined
    ? await compose({ config, log, ...(keptMs > 0 && { held: { every: often } }) })
    : await composeControl(control, config, log);
const setup = await openSetup(running.platform.deps);
reportReady(
  { httpPort: running.httpPort, mqttPort: running.mqttPort ?? null, setupCode: setup?.code ?? null },
  () => running.stop(),
);
