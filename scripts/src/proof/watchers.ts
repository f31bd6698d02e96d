import { connect as openSocket } from 'node:net';
import { decode, type JobState, matchTopic } from '@yaguts/shared';
import {
  connectPacket,
  createPacketReader,
  packetTypes,
  pubackPacket,
  readPublish,
  subscribePacket,
} from '../bench/mqtt-wire.ts';
import { proofOrg, proofUser } from './kitchen.ts';
import type { Random } from './random.ts';

/** People who look at the kitchen over a network that is cut, and come back at once: most of the cuts are theirs. */
export interface Watchers {
  readonly counters: Readonly<WatcherCounters>;
  /** Jobs that were seen to go back after their end. */
  readonly wentBack: readonly string[];
  stop(): void;
}
export interface WatcherCounters {
  people: number;
  connections: number;
  /** Snapshots and events that arrived whole. */
  messages: number;
}

export interface WatchersOptions {
  readonly people: number;
  /** The proxy. */
  readonly port: number;
  /** A personal token of the kitchen's owner. */
  readonly token: string;
  readonly random: Random;
  /** While true, fewer connections have been cut by now than are wanted: pages come back at once. */
  readonly isBehind: () => boolean;
}

const own = (...rows: readonly string[]): string[] => rows.map((row) => `yaguts/v1/${proofOrg}/${row}`);
const live = own('jobs/+/events', 'devices/+/state', 'estoque/+/+', 'events/+');
/** Every job of the day comes with it: not each page opens on the list of jobs. */
const jobs = own('jobs/+/state');
const jobsShare = 0.25;
/** A page is closed after so long and opened again: a connection that is left in peace is worth no cut. */
const visitMs = [200, 1_000] as const;
const awayMs = [150, 500] as const;
const hurriedMs = [5, 40] as const;

/** Opens the pages. Each person subscribes as the web client does, in plain MQTT. */
export function openWatchers({ people, port, token, random, isBehind }: WatchersOptions): Watchers {
  const counters: WatcherCounters = { people, connections: 0, messages: 0 };
  const snapshots = createSnapshotOracle();
  const closers = new Set<() => void>();
  let isOver = false;

  function hear(topic: string, payload: Buffer): void {
    counters.messages++;
    const match = matchTopic(topic);
    if (payload.length === 0 || match?.key !== 'jobState') return;
    const said = decode('jobState', payload);
    if (said.ok) snapshots.hear(said.value);
  }

  function visit(name: string, chance: Random): void {
    if (isOver) return;
    counters.connections++;
    const filters = chance.chance(jobsShare) ? [...live, ...jobs] : live;
    const socket = openSocket(port, '127.0.0.1');
    const read = createPacketReader((type, flags, body) => {
      if (type === packetTypes.connack && body[1] === 0) socket.write(subscribePacket(1, filters));
      if (type !== packetTypes.publish) return;
      const { topic, payload, id } = readPublish(flags, body);
      if (id > 0) socket.write(pubackPacket(id));
      hear(topic, payload);
    });
    const close = (): void => void socket.destroy();
    closers.add(close);
    const leave = setTimeout(close, chance.between(...visitMs));
    socket.setNoDelay(true);
    const userName = `u.${proofUser}`;
    socket.on('connect', () =>
      socket.write(connectPacket({ clientId: name, userName, password: token, keepaliveS: 30 })),
    );
    let isHeard = false;
    socket.on('data', (chunk) => {
      isHeard = true;
      read(chunk);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      closers.delete(close);
      clearTimeout(leave);
      // Nobody there: the platform is down, and hammering would not bring it back.
      const [low, high] = isHeard && isBehind() ? hurriedMs : awayMs;
      setTimeout(() => visit(name, chance), chance.between(low, high));
    });
  }

  for (let n = 0; n < people; n++) visit(`page-${n}`, random.fork());
  return {
    counters,
    wentBack: snapshots.wentBack,
    stop() {
      isOver = true;
      for (const close of closers) close();
    },
  };
}

/**
 * Remembers the end of each job that was seen. An older snapshot may still be on its way on another connection:
 * pages go by the version, and so does this.
 */
export function createSnapshotOracle() {
  /** Version of the snapshot that told a job's end. */
  const ended = new Map<number, number>();
  const wentBack: string[] = [];
  return {
    wentBack,
    hear({ job_id, status, versao }: Pick<JobState, 'job_id' | 'status' | 'versao'>): void {
      const isOpen = status === 'queued' || status === 'running';
      if (!isOpen) ended.set(job_id, versao);
      else if (versao > (ended.get(job_id) ?? versao))
        wentBack.push(`job ${job_id} was seen ${status} after its end`);
    },
  };
}
