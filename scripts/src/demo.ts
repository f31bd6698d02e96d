import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, issueLoginCode, openSetup, parseConfig } from '@yaguts/api';
import type { JobCreated, JobState } from '@yaguts/shared';
import { compose, type RunningPlatform } from './compose.ts';
import { type DemoKitchen, furnish } from './demo/furnish.ts';
import { spawnDispenser } from './demo/spawn-dispenser.ts';
import { watchJob } from './demo/watch-job.ts';
import { root } from './root.ts';
import { simulateOn } from './simulate-execution.ts';
import { reason } from './start.ts';
import { stopOnSignals } from './stopping.ts';

const usage = `npm run demo -- [--once] [--firmware]

  --once      ends after the first job: exit code 0 when every frasco was poured and saved
  --firmware  the dispenser is the firmware built for this machine, not the TypeScript simulator`;

/** `npm run demo`: platform, kitchen, dispenser and one receita on a throw-away data folder. */
export async function main(argv: readonly string[]): Promise<void> {
  const unknown = argv.filter((flag) => !['--once', '--firmware', '--help'].includes(flag));
  if (unknown.length > 0 || argv.includes('--help')) {
    console.log(unknown.length > 0 ? `demo: ${unknown.join(' ')} is no flag\n\n${usage}` : usage);
    process.exitCode = unknown.length > 0 ? 2 : 0;
    return;
  }
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-demo-'));
  const closers: (() => Promise<void>)[] = [async () => rmSync(dir, { recursive: true, force: true })];
  const end = stopOnSignals(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  try {
    const running = await openPlatform(join(dir, 'data'));
    closers.push(() => running.stop());
    const setup = await openSetup(running.platform.deps);
    if (!setup) throw new Error('the throw-away folder already has an account');
    const kitchen = await furnish(running.origin, setup.code, randomBytes(24).toString('base64url'));
    const dispenser = await spawnDispenser({
      firmware: argv.includes('--firmware'),
      port: running.mqttPort as number,
      credential: kitchen.pouring,
      dir: join(dir, 'dispenser'),
    });
    closers.push(dispenser.stop);

    const job = await pourOne(running, kitchen);
    const poured = job.status === 'done';
    if (argv.includes('--once')) return void (await end(poured ? 0 : 1));
    await invite(running, kitchen);
  } catch (error) {
    console.error(`demo: ${reason(error)}`);
    await end(1);
  }
}

/** The standard ports where they are free, else any: a demo must not fail over a port. */
async function openPlatform(dataDir: string): Promise<RunningPlatform> {
  const env = { YAGUTS_HTTP_HOST: '127.0.0.1', YAGUTS_MQTT_HOST: '127.0.0.1', ...process.env };
  const open = (ports: Record<string, string>) => {
    const config = parseConfig({ ...env, ...ports, YAGUTS_DATA_DIR: dataDir, YAGUTS_DEVELOPMENT: 'true' });
    const log = createLog(process.env.YAGUTS_LOG_LEVEL ? config.logLevel : 'error');
    return compose({ config, log, webDir: join(root, 'web', 'dist'), simulate: simulateOn });
  };
  try {
    return await open({});
  } catch (error) {
    if (!/^port \d+/.test((error as Error).message)) throw error;
    console.log(`  ${(error as Error).message.split(':')[0]}; taking free ones`);
    return open({ YAGUTS_HTTP_PORT: '0', YAGUTS_MQTT_PORT: '0' });
  }
}

async function pourOne(running: RunningPlatform, kitchen: DemoKitchen): Promise<JobState> {
  const receita = kitchen.receitas[0];
  if (!receita) throw new Error('the demo kitchen has no receita');
  console.log(`\nPouring "${receita.nome}" on ${kitchen.pouring.device}:`);
  const { job_id } = await kitchen.owner.call<JobCreated>('POST', '/api/jobs', {
    receita_id: receita.id,
    multiplicador: 1,
    device: kitchen.pouring.device,
  });
  const url = `mqtt://127.0.0.1:${running.mqttPort}`;
  const watched = await watchJob(
    { url, org: kitchen.org, user: kitchen.user, token: kitchen.token, jobId: job_id },
    (entry) => {
      const { item_ordem, frasco, tempero, quantidade_g, segundos, status, error } = entry;
      const outcome = status === 'done' ? 'poured and saved' : `failed: ${error}`;
      console.log(
        `  ${item_ordem}. frasco ${frasco}  ${String(tempero).padEnd(10)} ${quantidade_g} g in ${segundos} s  ${outcome}`,
      );
    },
  );
  const job = await watched.ended;
  await watched.stop();
  console.log(`Job ${job.job_id}: ${job.status}, ${job.itens_completados} of ${job.itens.length} frascos.`);
  return job;
}

async function invite(running: RunningPlatform, kitchen: DemoKitchen): Promise<void> {
  const { code } = await issueLoginCode(running.platform.deps, { org: kitchen.org, user: kitchen.user });
  console.log(`
Open the page (this link logs in once, within the hour):
    ${running.origin}/entrar#code=${code}

To try the mosquitto recipes of the README, in another terminal:
    export MQTT_PORT=${running.mqttPort}
    export TOKEN=${kitchen.token}
    export MAO=${kitchen.idle.password}

Everything here is thrown away when you press Ctrl-C.`);
}
