import { encode, type ParamsOf, type PayloadOf, type TopicKey, topic, topics } from '@yaguts/shared';
import { applyRecord, type JournalRecord, type JournalState, type Stamp } from './journal-state.ts';
import type { LogLevel, Ports, SerialTag } from './ports.ts';

export interface Identity {
  readonly org: string;
  readonly device: string;
  readonly fwVersion: string;
  readonly hw: string;
  readonly resetReason: string;
  /** How many outputs the board drives, 1…24. */
  readonly frascos: number;
}

/** The parameters of a row beside the two that this device fills in itself. */
type OwnParams<K extends TopicKey> = Omit<ParamsOf<K>, 'org' | 'device'>;

/** What every part of the core shares: the journal's state, the wire, the serial port, the time. */
export interface Board {
  readonly ports: Ports;
  readonly identity: Identity;
  readonly state: JournalState;
  connected: boolean;
  /** The flash refused an outcome three times: no job is taken until a restart. */
  faulted: boolean;
  /** Durable first, then part of the state. False: neither. */
  put(record: JournalRecord): boolean;
  /** An outcome must count even when the flash fails: three tries, then it holds in RAM alone. */
  putOutcome(record: JournalRecord): void;
  stamp(): Stamp;
  /** The clock, or what `start/accepted` told; null while neither is there. */
  epochMs(): number | null;
  learnTime(epochMs: number): void;
  publish<K extends TopicKey>(key: K, params: OwnParams<K>, payload: PayloadOf<K>): boolean;
  say(tag: SerialTag, text: string, level?: LogLevel): void;
}

const outcomeTries = 3;
const maxLineChars = 240;

/** Puts the shared parts of one boot together. The journal is read here, once. */
export function createBoard(ports: Ports, identity: Identity): Board {
  const state = ports.journal.load();
  let epochAtBoot: number | undefined;

  const board: Board = {
    ports,
    identity,
    state,
    connected: false,
    faulted: false,
    put(record) {
      if (!ports.journal.append(record)) return false;
      applyRecord(state, record);
      return true;
    },
    putOutcome(record) {
      for (let tries = 0; tries < outcomeTries; tries++) if (board.put(record)) return;
      board.faulted = true;
      applyRecord(state, record);
      board.say('PERSIST', 'Flash não grava: nenhum job até reiniciar', 'error');
    },
    stamp: () => ({ boot: state.boot, uptime_ms: ports.clock.ms(), ts: board.epochMs() }),
    epochMs() {
      const own = ports.clock.epochMs();
      if (own !== null) return own;
      return epochAtBoot === undefined ? null : epochAtBoot + ports.clock.ms();
    },
    learnTime(epochMs) {
      epochAtBoot = epochMs - ports.clock.ms();
    },
    publish(key, params, payload) {
      if (!board.connected) return false;
      const { qos, retain } = topics[key];
      const name = topic(key, { org: identity.org, device: identity.device, ...params } as never);
      return ports.link.publish(name, encode(key, payload), { qos, retain: retain !== 'never' });
    },
    say(tag, text, level = 'info') {
      const uptimeMs = ports.clock.ms();
      ports.serial({ level, tag, text, uptimeMs });
      board.publish('deviceLog', { level }, { tag, text: text.slice(0, maxLineChars), uptime_ms: uptimeMs });
    },
  };
  return board;
}
