import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceCredential, FrascoRow, JobCreated, JobDetail, Receita } from '@yaguts/shared';
import { expect } from 'vitest';
import { httpClient } from '../http-client.ts';
import { root } from '../root.ts';
import { parseSimulateArguments } from '../simulator/arguments.ts';
import { firmwareFlags } from '../simulator/firmware-flags.ts';
import { countStarts } from '../simulator/ledger.ts';
import { type Child, startChild } from './child.ts';
import type { TestHouse } from './fixture.ts';

/** The program that plays a dispenser: the firmware's core on this machine, or the TypeScript simulator. */
export type Program = 'firmware' | 'simulator';
export const firmwareBinary = join(root, 'firmware', 'sim', 'build', 'dispenser-sim');

/**
 * A dispenser of a test: its place in the kitchen, its flash and its ledger. Processes come and go over it, as
 * power does over a board. Frasco n holds `{id} n`, or what `tempero` says, and pours one gram a second: a gram of a receita is a
 * second of motor.
 */
export interface Board {
  readonly credential: DeviceCredential;
  readonly ledger: string;
  /** HTTP as the owner, to the platform as it is now. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Starts the program with the flags of `npm run simulate`. */
  powerOn(program: Program, ...flags: string[]): Child;
  /** Starts the firmware with flags of its own, such as `--kill-at`. */
  firmware(...flags: string[]): Child;
  /** A receita that runs frasco 1, 2, … for so many seconds each; more items than frascos begin again at 1. */
  receita(seconds: readonly number[], critico?: boolean): Promise<Receita>;
  /** Orders a receita once on this board. */
  order(receita: Receita): Promise<number>;
  job(jobId: number): Promise<JobDetail>;
  /** Per item `done` or the code of its error, as the platform has them. */
  outcomes(jobId: number): Promise<string[]>;
  /** How often each `seq/item` of a job went on. */
  starts(): Map<string, number>;
  /**
   * The oracle: no frasco went on twice for one item; every job named has one entry per item, in the database
   * as the motors had it; the estoque of every frasco is its first load less what is done, to the milligram.
   */
  expectExact(jobIds: readonly number[]): Promise<void>;
  /** Ends every process of this board. */
  stop(): Promise<void>;
}

const firstLoadG = 100_000;

/** Adds a device with `frascos` frascos to the house's kitchen. */
export async function addBoard(
  house: TestHouse,
  id: string,
  frascos = 8,
  tempero = (frasco: number): string => `${id} ${frasco}`,
): Promise<Board> {
  const call: Board['call'] = (method, path, body) =>
    httpClient(house.running.origin, { token: house.kitchen.token }).call(method, path, body);
  const numbers = Array.from({ length: frascos }, (_, i) => i + 1);
  for (const frasco of numbers) {
    await call('POST', '/api/temperos', { nome: tempero(frasco), alergenos: [] });
  }
  const credential = await call<DeviceCredential>('POST', '/api/devices', { id, nome: id, frascos });
  await call('PUT', `/api/devices/${id}/frascos`, {
    frascos: numbers.map((frasco) => ({ frasco, tempero: tempero(frasco), g_por_s: 1 })),
  });
  for (const frasco of numbers) {
    const load = { tipo: 'entrada', device: id, frasco, quantidade_g: firstLoadG, nota: '' };
    await call('POST', '/api/estoque/movimentos', load);
  }

  const dir = join(house.dir, `board-${id}`);
  const ledger = join(dir, 'ledger');
  mkdirSync(dir, { recursive: true });
  const running = new Set<Child>();
  let receitas = 0;
  let stopped = false;
  const start = (program: string, args: readonly string[]): Child => {
    // A lane that outlives a failed test must not leave a process behind.
    if (stopped) throw new Error(`the test of ${id} is over`);
    const child = startChild(program, args, { YAGUTS_DEVICE_PASSWORD: credential.password });
    running.add(child);
    void child.ended.then(() => running.delete(child));
    return child;
  };
  const argv = (flags: readonly string[]): string[] => [
    ...['--url', house.mqttUrl, '--org', credential.org, '--device', id],
    ...['--dir', dir, '--ledger', ledger, '--frascos', String(frascos), ...flags],
  ];
  const ledgerText = (): string => (existsSync(ledger) ? readFileSync(ledger, 'utf8') : '');

  const board: Board = {
    credential,
    ledger,
    call,
    powerOn(program, ...flags) {
      return program === 'firmware'
        ? board.firmware(...flags)
        : start(process.execPath, simulatorWords(argv(flags)));
    },
    firmware(...flags) {
      const own = flags.findIndex((flag) => firmwareOnly.includes(flag));
      const [shared, rest] = own < 0 ? [flags, []] : [flags.slice(0, own), flags.slice(own)];
      const command = parseSimulateArguments(argv(shared), {});
      const device = command?.devices[0];
      if (!command || !device) throw new Error('no command');
      return start(firmwareBinary, [...firmwareFlags(command, device), ...rest]);
    },
    receita: (seconds, critico = false) =>
      call<Receita>('POST', '/api/receitas', {
        nome: `${id} ${++receitas}`,
        itens: seconds.map((quantidade_g, i) => ({
          ...{ tempero: tempero((i % frascos) + 1), quantidade_g, escala: 'linear', critico },
        })),
      }),
    async order({ id: receita_id }) {
      const made = await call<JobCreated>('POST', '/api/jobs', { receita_id, multiplicador: 1, device: id });
      return made.job_id;
    },
    job: (jobId) => call<JobDetail>('GET', `/api/jobs/${jobId}`),
    async outcomes(jobId) {
      const { itens } = await board.job(jobId);
      return itens.map(({ estado, error }) => (estado === 'failed' ? (error?.split(':')[0] ?? '') : estado));
    },
    starts: () => countStarts(ledgerText()),
    async expectExact(jobIds) {
      const starts = board.starts();
      expect([...starts].filter(([, count]) => count > 1)).toEqual([]);
      const takenMg = new Map<number, number>();
      for (const jobId of jobIds) {
        const job = await board.job(jobId);
        const stored = job.execution_logs.map(({ item_ordem }) => item_ordem);
        expect(stored.toSorted((a, b) => a - b)).toEqual(job.itens.map(({ item_ordem }) => item_ordem));
        for (const { item_ordem, frasco, estado, quantidade_g, error } of job.itens) {
          const ran = starts.has(`${job.seq}/${item_ordem}`);
          if (estado === 'done') {
            expect({ jobId, item_ordem, ran }).toEqual({ jobId, item_ordem, ran: true });
            takenMg.set(frasco, (takenMg.get(frasco) ?? 0) + Math.round(quantidade_g * 1_000));
          } else if (ran) {
            // On, and not known to have ended well: only these may say so.
            expect(error).toMatch(/^(interrompido|cancelado|abortado|timeout|vazio)/);
          }
        }
      }
      const { rows } = await call<{ rows: FrascoRow[] }>('GET', `/api/devices/${id}/frascos`);
      const left = rows.map(({ saldo_g, reservado_g }) => [Math.round(saldo_g * 1_000), reservado_g]);
      expect(left).toEqual(numbers.map((frasco) => [firstLoadG * 1_000 - (takenMg.get(frasco) ?? 0), 0]));
    },
    async stop() {
      stopped = true;
      const all = [...running];
      for (const { process: child } of all) child.kill('SIGKILL');
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
  return board;
}

/** Flags that the firmware's program alone has; what follows one of them is passed on as it stands. */
const firmwareOnly = ['--kill-at', '--count', '--freeze-at', '--empty', '--flash-fails-at'];

/** The simulator as `npm run simulate` runs it, without what prepares the checkout. */
function simulatorWords(argv: readonly string[]): string[] {
  const built = join(root, 'scripts', 'dist', 'simulate.js');
  return [
    '-e',
    `import(${JSON.stringify(built)}).then(({ main }) => main(process.argv.slice(1)))`,
    '--',
    ...argv,
  ];
}
