import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceCredential } from '@yaguts/shared';
import { type HttpClient, httpClient } from '../http-client.ts';
import { root } from '../root.ts';
import type { PlatformControl } from './controlled-platform.ts';
import { type CuttingProxy, openCuttingProxy } from './cutting-proxy.ts';
import { frascosEach, furnishProof, type Kitchen, proofOrg } from './kitchen.ts';
import { startModule, startProgram, type Victim } from './process.ts';
import type { Random } from './random.ts';
import { judge, type Verdict } from './verdict.ts';
import type { AckSeen, ReportSeen } from './wire-tap.ts';
import { openWitness, type Witness } from './witness.ts';

/** A furnished data folder that every stage copies: setting up a kitchen takes longer than breaking it. */
export interface Template {
  readonly dir: string;
  readonly kitchen: Kitchen;
  remove(): void;
}

/** Furnishes a data folder over HTTP and stops the platform cleanly. */
export async function prepareTemplate(devices: readonly string[]): Promise<Template> {
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-proof-kitchen-'));
  const platform = startModule('platform-process', { YAGUTS_DATA_DIR: join(dir, 'data') });
  try {
    const { httpPort, setupCode } = await platform.ready;
    const kitchen = await furnishProof(`http://127.0.0.1:${httpPort}`, String(setupCode), devices);
    return { dir, kitchen, remove: () => rmSync(dir, { recursive: true, force: true }) };
  } finally {
    await platform.stop();
  }
}

export type BoardKind = 'simulator' | 'firmware';

/** A dispenser: its flash and its ledger stay, its process comes and goes. */
export interface Board {
  readonly kind: BoardKind;
  readonly device: string;
  readonly flash: string;
  /** Undefined before the first start. */
  victim: Victim | undefined;
  start(): Victim;
  ledger(): string;
}

export interface StageOptions {
  readonly template: Template;
  readonly random: Random;
  /** Motors run so many times as fast as the plan. */
  readonly speed: number;
  /** Environment of the platform's process, such as what a power cut needs. */
  readonly env?: NodeJS.ProcessEnv;
}

/** One kitchen of real processes: platform, proxy, dispensers, and who watches them. */
export interface Stage {
  readonly kitchen: Kitchen;
  readonly dataDir: string;
  readonly proxy: CuttingProxy;
  readonly acked: ReadonlySet<string>;
  /** Acks and PUBACKs that ran ahead of their commit. */
  readonly earlyAcks: readonly string[];
  readonly acksSeen: () => number;
  readonly api: HttpClient;
  readonly mqttPort: () => number | undefined;
  /** Where the platform's HTTP is now. */
  readonly origin: () => string;
  platform: Victim | undefined;
  /** Resolves when the ports are open; rejects when the process ended before. */
  startPlatform(control?: PlatformControl, env?: NodeJS.ProcessEnv): Promise<Victim>;
  /** The dispenser that is this device, made when there is none yet. */
  board(device: string, kind: BoardKind): Board;
  witness: Witness;
  /** Opens the witness's connection anew, after the database's files were replaced. */
  renewWitness(): void;
  /** Resolves once it holds; asked again whenever something passes on the wire or a process starts. */
  until(holds: () => boolean): Promise<void>;
  /** What is heard on the wire, one listener at a time beside the oracle. */
  onReport(listener: (report: ReportSeen) => void): void;
  onAck(listener: (ack: AckSeen) => void): void;
  onPuback(listener: (report: ReportSeen) => void): void;
  poke(): void;
  /** Stops everything in an orderly way and asks the oracle. */
  judge(ordered?: readonly number[]): Promise<Verdict>;
  /** Kills what is left and deletes the folder. */
  close(): Promise<void>;
}

/** The firmware's program for this machine. */
export const firmwareProgram: string = join(root, 'firmware', 'sim', 'build', 'dispenser-sim');

/** Copies the template and opens the proxy; nothing runs yet. */
export async function openStage({ template, random, speed, env = {} }: StageOptions): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-proof-'));
  const dataDir = join(dir, 'data');
  cpSync(join(template.dir, 'data'), dataDir, { recursive: true });
  const database = join(dataDir, 'yaguts.db');
  const { kitchen } = template;
  const acked = new Set<string>();
  const earlyAcks: string[] = [];
  const boards = new Map<string, Board>();
  const waiting = new Set<() => void>();
  const heard = {
    report: (_: ReportSeen): void => {},
    ack: (_: AckSeen): void => {},
    puback: (_: ReportSeen): void => {},
  };
  let acksSeen = 0;
  let httpPort = 0;
  let witness = openWitness(database);
  const poke = (): void => {
    for (const check of [...waiting]) check();
  };
  const proxy = await openCuttingProxy({
    random,
    events: {
      acked(ack) {
        acksSeen++;
        earlyAcks.push(...witness.falseIn(ack));
        for (const item of ack.itens) acked.add(`${ack.jobId}/${item}`);
        heard.ack(ack);
        poke();
      },
      pubacked(report) {
        // Over an external broker a PUBACK is the broker's own word and promises nothing.
        if (env.YAGUTS_MQTT_URL === undefined) earlyAcks.push(...witness.falsePuback(report));
        heard.puback(report);
        poke();
      },
      reported(report) {
        heard.report(report);
        poke();
      },
    },
  });

  function board(device: string, kind: BoardKind): Board {
    const known = boards.get(device);
    if (known) return known;
    const credential = kitchen.devices.find((one) => one.device === device);
    if (!credential) throw new Error(`no device ${device} in the kitchen`);
    const home = join(dir, device);
    mkdirSync(home, { recursive: true });
    const flash = join(home, 'flash');
    const ledger = join(home, 'ledger');
    const made: Board = {
      kind,
      device,
      flash,
      victim: undefined,
      start() {
        const at = { port: proxy.port, credential, flash, ledger, speed };
        made.victim = kind === 'firmware' ? startFirmware(at) : startSimulator(at);
        return made.victim;
      },
      ledger: () => (existsSync(ledger) ? readFileSync(ledger, 'utf8') : ''),
    };
    boards.set(device, made);
    return made;
  }

  const stage: Stage = {
    ...{ kitchen, dataDir, proxy, acked, earlyAcks, board, poke },
    acksSeen: () => acksSeen,
    get api() {
      return httpClient(stage.origin(), { token: kitchen.token });
    },
    mqttPort: () => proxy.target,
    origin: () => `http://127.0.0.1:${httpPort}`,
    platform: undefined,
    async startPlatform(control, more = {}) {
      const victim = startModule('platform-process', {
        YAGUTS_DATA_DIR: dataDir,
        ...(control && { PROOF_CONTROL: control }),
        ...env,
        ...more,
      });
      stage.platform = victim;
      void victim.ended.then(() => {
        if (stage.platform === victim && env.YAGUTS_MQTT_URL === undefined) proxy.target = undefined;
      });
      const ports = await victim.ready;
      httpPort = Number(ports.httpPort);
      if (ports.mqttPort !== null) proxy.target = Number(ports.mqttPort);
      poke();
      return victim;
    },
    get witness() {
      return witness;
    },
    renewWitness() {
      witness.close();
      witness = openWitness(database);
    },
    until: (holds) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          try {
            if (!holds()) return;
            waiting.delete(check);
            resolve();
          } catch (error) {
            waiting.delete(check);
            reject(error as Error);
          }
        };
        waiting.add(check);
        check();
      }),
    onReport: (listener) => void (heard.report = listener),
    onAck: (listener) => void (heard.ack = listener),
    onPuback: (listener) => void (heard.puback = listener),
    async judge(ordered = []) {
      await Promise.all([...boards.values()].map(({ victim }) => victim?.stop()));
      await stage.platform?.stop();
      const ledgers = new Map([...boards.values()].map((one) => [one.device, one.ledger()]));
      return judge({ database, ledgers, acked, ordered });
    },
    async close() {
      await Promise.all([...boards.values()].map(({ victim }) => victim?.kill()));
      await stage.platform?.kill();
      await proxy.close();
      witness.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return stage;
}

interface BoardAt {
  readonly port: number;
  readonly credential: DeviceCredential;
  readonly flash: string;
  readonly ledger: string;
  readonly speed: number;
}

function startFirmware({ port, credential: { device, password }, flash, ledger, speed }: BoardAt): Victim {
  mkdirSync(flash, { recursive: true });
  const who = ['--broker', `127.0.0.1:${port}`, '--org', proofOrg, '--device', device];
  const home = ['--dir', flash, '--ledger', ledger, '--frascos', String(frascosEach)];
  return startProgram(firmwareProgram, [...who, ...home, '--speed', String(speed)], {
    YAGUTS_DEVICE_PASSWORD: password,
  });
}

function startSimulator({ port, credential: { device, password }, flash, ledger, speed }: BoardAt): Victim {
  return startModule('device-process', {
    PROOF_URL: `mqtt://127.0.0.1:${port}`,
    ...{ PROOF_ORG: proofOrg, PROOF_DEVICE: device, PROOF_DIR: flash, PROOF_LEDGER: ledger },
    ...{ PROOF_FRASCOS: String(frascosEach), PROOF_SPEED: String(speed), YAGUTS_DEVICE_PASSWORD: password },
  });
}
