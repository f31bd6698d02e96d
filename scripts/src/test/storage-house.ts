import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { databaseFile, Sqlite, verifyDatabase } from '@yaguts/api';
import type { JobCreated, JobDocument } from '@yaguts/shared';
import { expect } from 'vitest';
import { buildFaultyDisk, type FaultyDisk, openFaultyDisk } from '../faulty-disk.ts';
import { type HttpClient, httpClient } from '../http-client.ts';
import { type Child, startChild } from './child.ts';
import { openHouse, type TestHouse } from './fixture.ts';
import { connectBoard, type HandBoard } from './hand-board.ts';

/** The platform as a process of its own, on a disk that obeys the test where there is a compiler. */
export interface StoragePlatform {
  readonly child: Child;
  readonly disk: FaultyDisk;
  readonly api: HttpClient;
  /** Where HTTP is. */
  readonly base: string;
  readonly mqttUrl: string;
  /** What /readyz says, with its status. */
  ready(): Promise<{ status: number; checks: Record<string, string> }>;
  metric(name: string): Promise<number>;
}

/** Asks until it is so; no fault is judged by how long it takes. */
export const until = <T>(ask: () => T) => expect.poll(ask, { timeout: 120_000, interval: 25 });

export const itens = ({ itens: all }: JobDocument): number[] => all.map(({ item_ordem }) => item_ordem);

/**
 * A furnished data folder, copies of which are given to platforms that are to suffer. One of them at a time, with
 * the idle dispenser of the kitchen played by hand.
 */
export async function openStorageHouse() {
  const house: TestHouse = await openHouse();
  await house.running.stop();
  const library = buildFaultyDisk(house.dir);
  if (!library) console.warn('NOT RUN: the faulty disk needs Linux and a C++ compiler');
  const children: Child[] = [];
  let folders = 0;
  let data = '';
  let platform: StoragePlatform;
  let board: HandBoard | undefined;

  /** Not by `npm start`: its preparation would run on the faulty disk too. */
  function launch(env: NodeJS.ProcessEnv): Child {
    const script = "const { main } = await import('./scripts/dist/start.js'); await main();";
    const child = startChild(process.execPath, ['--input-type=module', '-e', script], {
      ...{ YAGUTS_DATA_DIR: data, YAGUTS_HTTP_HOST: '127.0.0.1', YAGUTS_MQTT_HOST: '127.0.0.1' },
      ...{ YAGUTS_HTTP_PORT: '0', YAGUTS_MQTT_PORT: '0', YAGUTS_LOG_LEVEL: 'error' },
      ...env,
    });
    children.push(child);
    return child;
  }

  const at = {
    house,
    library,
    get dir() {
      return data;
    },
    get platform() {
      return platform;
    },
    get board() {
      if (!board) throw new Error('connect first');
      return board;
    },
    /** Gives the next platform a data folder of its own: a fresh copy, or what lies in `from`, put at `to`. */
    newFolder(to = join(house.dir, `case-${++folders}`), from = join(house.dir, 'data')): void {
      data = to;
      cpSync(from, data, { recursive: true, preserveTimestamps: true });
      // A newer Node gives a copied folder the mode of a new one.
      for (const folder of [data, join(data, 'keys')]) chmodSync(folder, 0o700);
    },
    launch,
    async start(): Promise<StoragePlatform> {
      const disk = openFaultyDisk(library ?? '', house.dir, databaseFile(data));
      const child = launch(library ? disk.env : {});
      const [, origin = ''] = await child.says(/Yaguts is ready: (\S+)/);
      const [, port = ''] = await child.says(/MQTT on port (\d+)/);
      const base = origin.replace('localhost', '127.0.0.1');
      platform = {
        child,
        disk,
        base,
        api: httpClient(base, { token: house.kitchen.token }),
        mqttUrl: `mqtt://127.0.0.1:${port}`,
        async ready() {
          const answer = await fetch(`${base}/readyz`);
          const { checks } = (await answer.json()) as { checks: Record<string, string> };
          return { status: answer.status, checks };
        },
        async metric(name) {
          const text = await (await fetch(`${base}/metrics`)).text();
          return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
        },
      };
      return platform;
    },
    async connect(): Promise<HandBoard> {
      board = await connectBoard(platform.mqttUrl, house.kitchen.idle, 'storage');
      return board;
    },
    order: () =>
      platform.api.call<JobCreated>('POST', '/api/jobs', {
        ...{ receita_id: house.kitchen.receitas[0]?.id, multiplicador: 1 },
        device: house.kitchen.idle.device,
      }),
    /** A job that the dispenser, connected anew, has begun, with nothing reported yet. */
    async begin(): Promise<JobDocument> {
      const { job_id } = await at.order();
      return (await at.connect()).start(job_id);
    },
    /** Sends every item at once; answers which have had their PUBACK so far. */
    report(job: JobDocument): number[] {
      const thanked: number[] = [];
      for (const item of itens(job)) {
        at.board.report(job, item).then(
          () => thanked.push(item),
          () => {},
        );
      }
      return thanked;
    },
    ackedItens: (job: JobDocument): number[] =>
      [...new Set(at.board.acks(job.job_id).flatMap((ack) => ack.itens))].sort((a, b) => a - b),
    stored(job: JobDocument): number[] {
      const db = new Sqlite(databaseFile(data), { readonly: true });
      const found = db
        .prepare('select item_ordem from execution_logs where job_id = ? order by item_ordem')
        .pluck()
        .all(job.job_id) as number[];
      db.close();
      return found;
    },
    red: (reason: RegExp) =>
      until(async () => {
        const { status, checks } = await platform.ready();
        return `${status} ${checks.database}`;
      }).toMatch(reason),
    green: () => until(async () => (await platform.ready()).status).toBe(200),
    /**
     * As a dispenser does: what has not been acked is sent again on a new connection, until all is. Looked at
     * every time, for a connection may end long after its fault: with the report that has waited 5 s.
     */
    async tellAgain(job: JobDocument): Promise<void> {
      await until(async () => {
        if (!board?.client.connected) {
          await at.connect();
          at.report(job);
        }
        return at.ackedItens(job);
      }).toEqual(itens(job));
    },
    /** Nothing lost, nothing doubled, and everything adds up. */
    async expectSound(job: JobDocument): Promise<void> {
      expect(at.stored(job)).toEqual(itens(job));
      await at.board.finish(job, itens(job));
      const db = new Sqlite(databaseFile(data), { readonly: true });
      expect(verifyDatabase(db)).toEqual({ structure: [], sums: [] });
      expect(db.prepare('select count(*) from rejected_messages').pluck().get()).toBe(0);
      const out = db.prepare("select count(*) from estoque_mov where job_id = ? and tipo = 'saida'").pluck();
      expect(out.get(job.job_id)).toBe(itens(job).length);
      db.close();
    },
    async hangUp(): Promise<void> {
      await board?.close();
      board = undefined;
    },
    /** Kills every platform there is. */
    async endAll(): Promise<void> {
      await at.hangUp();
      for (const child of children.splice(0)) {
        child.process.kill('SIGKILL');
        await child.ended;
      }
    },
    adopt: (child: Child): void => void children.push(child),
    async close(): Promise<void> {
      await at.endAll();
      await house.close();
    },
  };
  return at;
}

export type StorageHouse = Awaited<ReturnType<typeof openStorageHouse>>;
