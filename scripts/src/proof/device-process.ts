import { startSimulator } from '../simulator/simulator.ts';
import { reportReady } from './process.ts';

/**
 * The TypeScript simulator as a process, as `npm run simulate` runs it, with waits between connections that
 * fit a run of a minute.
 */
const { PROOF_URL, PROOF_ORG, PROOF_DEVICE, PROOF_DIR, PROOF_LEDGER, PROOF_FRASCOS, PROOF_SPEED } =
  process.env;
const simulator = await startSimulator({
  url: PROOF_URL ?? '',
  org: PROOF_ORG ?? '',
  device: PROOF_DEVICE ?? '',
  password: process.env.YAGUTS_DEVICE_PASSWORD,
  dir: PROOF_DIR ?? '',
  ledger: PROOF_LEDGER ?? '',
  frascos: Number(PROOF_FRASCOS),
  speed: Number(PROOF_SPEED),
  backoff: { baseMs: 20, maxMs: 500 },
});
reportReady({}, () => simulator.stop());
