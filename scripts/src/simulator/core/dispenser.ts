import {
  commandOps,
  type Decoded,
  decode,
  limits,
  matchTopic,
  type PayloadOf,
  type Presence,
  type TopicMatch,
  topics,
} from '@yaguts/shared';
import { type Board, createBoard, type Identity } from './board.ts';
import { createCommands } from './commands.ts';
import { createConfiguration } from './configuration.ts';
import { bootId } from './entry.ts';
import { createJobRunner } from './job-runner.ts';
import type { JournalState } from './journal-state.ts';
import { createManual } from './manual.ts';
import { createOffers } from './offers.ts';
import type { Ports } from './ports.ts';
import { createReporter } from './reporter.ts';
import { createRetrySchedule } from './retry.ts';

/** `session` = boot counter × 65,536 + connection: unique per connection, known before CONNECT. */
const connectionsPerBoot = 65_536;

export interface Will {
  readonly boot_id: string;
  readonly session: number;
}

/**
 * One boot of a dispenser: takes one job, pours each item at most once, reports until the api has it all.
 * Nothing here waits; whoever drives it calls {@link Dispenser.tick} no later than {@link Dispenser.wakeAt}.
 *
 *   idle ──offer──▶ offered ──accepted──▶ pouring ⇄ between items ──all final──▶ reporting ──complete acked──▶ idle
 */
export interface Dispenser {
  /** Outputs off, boot counted, recovery from the journal. No network. */
  begin(): void;
  /** What identifies a connection in its will, before it is opened; counted from 1. */
  willOf(connection: number): Will;
  /** After CONNACK, when the subscriptions were sent. */
  connected(connection: number): void;
  lost(): void;
  message(topic: string, payload: Uint8Array, retained: boolean): void;
  tick(): void;
  /** Clock reading at which the next tick has something to do; undefined: only an event brings news. */
  wakeAt(): number | undefined;
  /** `presence` offline, before an orderly stop. */
  sayOffline(): void;
  readonly state: Readonly<JournalState>;
  /** A motor is on. */
  motorOn(): boolean;
}

export function createDispenser(ports: Ports, identity: Identity): Dispenser {
  const board = createBoard(ports, identity);
  const retry = createRetrySchedule(ports.random);
  const runner = createJobRunner(board);
  const manual = createManual(board);
  const offers = createOffers(board, runner, retry, manual.busy);
  const reporter = createReporter(board, retry);
  const commands = createCommands(board, { runner, manual, offers });
  const config = createConfiguration(board);
  let connection = 0;
  let telemetryAt = 0;
  let rebootDone = false;

  const willOf = (number: number): Will => ({
    boot_id: bootId(board.state.boot),
    session: board.state.boot * connectionsPerBoot + number,
  });
  const presence = (state: Presence['state']): Presence => ({ state, ...willOf(connection) });
  const motorOn = (): boolean => runner.motorOn() || manual.motorOn();
  const idle = (): boolean => !board.state.active && !offers.holding() && !manual.busy();

  function tick(): void {
    manual.tick();
    // An outcome is published before the next motor goes on.
    do reporter.tick(motorOn());
    while (runner.step());
    offers.tick();
    config.tick(idle());
    sendTelemetry();
    if (commands.rebooting() && !rebootDone) {
      rebootDone = true;
      ports.reboot();
    }
  }

  function sendTelemetry(): void {
    const now = ports.clock.ms();
    if (!board.connected || now < telemetryAt) return;
    telemetryAt = now + config.telemetryMs();
    const rssi = -50 - Math.floor(ports.random() * 15);
    board.publish('telemetry', {}, { rssi, uptime_ms: now });
  }

  function introduce(): void {
    board.publish('birth', {}, birthOf(board));
    board.publish('presence', {}, presence('online'));
    reporter.connected();
    offers.connected();
  }

  function onServerState(server: PayloadOf<'serverState'>, retained: boolean): void {
    if (server.state !== 'online') return;
    reporter.epoch(server.epoch);
    // A platform that has just started knows nobody: everything is said again.
    if (!retained) introduce();
  }

  /** Reads a payload by its row; what does not fit is only said, the sender repeats what matters. */
  function read<T>(name: string, decoded: Decoded<T>, take: (value: T) => void): void {
    if (decoded.ok) {
      take(decoded.value);
      return;
    }
    const { path = '', message = '' } = decoded.faults[0] ?? {};
    board.say('MQTT', `${name} ilegível: ${path} ${message}`, 'warn');
  }

  function receive(match: TopicMatch, payload: Uint8Array, retained: boolean): void {
    switch (match.key) {
      case 'jobsNext':
        offers.offered(payload);
        break;
      case 'serverState':
        read('_server/state', decode(match.key, payload), (it) => onServerState(it, retained));
        break;
      case 'configDesired':
        if (payload.length > 0) read('config/desired', decode(match.key, payload), config.desired);
        break;
      case 'startAccepted':
        read('start/accepted', decode(match.key, payload), (it) => offers.accepted(match.params.job_id, it));
        break;
      case 'startRejected':
        read('start/rejected', decode(match.key, payload), (it) => offers.rejected(match.params.job_id, it));
        break;
      case 'jobAck':
        read('ack', decode(match.key, payload), (it) => reporter.ack(match.params.job_id, it));
        break;
      case 'jobCancel':
        read('cancel', decode(match.key, payload), (it) => commands.cancel(match.params.job_id, it));
        break;
      case 'command': {
        const op = commandOps.find((known) => known === match.params.op);
        if (op) read(`cmd/${op}`, decode(match.key, payload), (it) => commands.command(op, it));
      }
    }
  }

  return {
    state: board.state,
    willOf,
    motorOn,
    tick,
    begin() {
      ports.actuator.stopAll();
      board.putOutcome({ k: 'boot', boot: board.state.boot + 1 });
      runner.recover();
    },
    connected(number) {
      connection = number;
      board.connected = true;
      introduce();
      board.say('MQTT', `Conectado (sessão ${willOf(number).session})`);
      telemetryAt = ports.clock.ms();
      tick();
    },
    lost() {
      board.connected = false;
      offers.lost();
      board.say('MQTT', 'Sem conexão', 'warn');
    },
    message(topic, payload, retained) {
      const match = matchTopic(topic);
      // Commands, acks and answers are spoken to the moment: a retained copy is a leftover.
      if (!match || (retained && topics[match.key].retain === 'never')) return;
      if ('device' in match.params && match.params.device !== identity.device) return;
      receive(match, payload, retained);
      tick();
    },
    wakeAt() {
      const due = [runner.wakeAt(), manual.wakeAt()];
      if (board.connected) due.push(retry.nextAt(), telemetryAt);
      const known = due.filter((at) => at !== undefined);
      return known.length === 0 ? undefined : Math.min(...known);
    },
    sayOffline: () => void board.publish('presence', {}, presence('offline')),
  };
}

function birthOf({ identity, state }: Board) {
  const { active } = state;
  return {
    fw_version: identity.fwVersion,
    hw: identity.hw,
    schema: 1,
    journal_id: state.journalId,
    boot_id: bootId(state.boot),
    hi: state.hi,
    epoch: state.epoch,
    reset_reason: identity.resetReason,
    frascos: identity.frascos,
    limits: { max_itens: limits.maxItens, max_job_bytes: limits.maxJobBytes, max_step_ms: limits.maxStepMs },
    capabilities: ['offline', 'cancel', 'pause', 'config', 'identify', 'prime', 'clean', 'calibrate'],
    active: active ? { job_id: active.job.job_id, seq: active.job.seq } : null,
  };
}
