import { createDispenser, type Dispenser } from '../core/dispenser.ts';
import { applyRecord, emptyJournal, type JournalRecord } from '../core/journal-state.ts';
import type { Actuator, Pouring, SerialLine } from '../core/ports.ts';
import { createMotors } from '../simulated-motors.ts';
import { createScriptedApi, type ScriptedApi } from './scripted-api.ts';

/** The power went at the port call the test had chosen. */
class PowerCut extends Error {}

export interface WorldOptions {
  /** Loses power at this port call, counted from 1; before and after each call are two numbers. */
  readonly crashAt?: readonly number[];
  /** Epoch at start; null: the device has no clock of its own. */
  readonly epochMs?: number | null;
  /** A broken flash: these records are accepted and forgotten. */
  readonly forget?: (record: JournalRecord) => boolean;
  /** A flash that refuses. */
  readonly refuse?: (record: JournalRecord) => boolean;
  readonly wrapMotors?: (motors: Actuator) => Actuator;
  readonly fails?: (pouring: Pouring) => boolean;
  readonly frascos?: number;
}

/** Time, flash, motors and network of one dispenser, all in memory and all under the test's hand. */
export interface World {
  readonly api: ScriptedApi;
  readonly records: JournalRecord[];
  readonly lines: SerialLine[];
  /** Every motor start, in order, with its time. */
  readonly starts: (Pouring & { readonly at: number; readonly ms: number })[];
  readonly portCalls: () => number;
  device(): Dispenser;
  now(): number;
  connect(): void;
  disconnect(): void;
  /** Power off and on again; the connection is gone. */
  reboot(): void;
  /** Delivers every message that is under way. */
  settle(): void;
  /** Lets so much time pass, in steps where something is due. */
  pass(ms: number): void;
  /** Lets time pass until it holds; throws after a simulated hour. */
  until(holds: () => boolean): void;
}

const startEpoch = Date.UTC(2026, 0, 1);

export function createWorld(options: WorldOptions = {}): World {
  let now = 0;
  let bootAt = 0;
  let calls = 0;
  let device: Dispenser;
  let motors: Actuator;
  let online = false;
  let connections = 0;
  let replaying = false;
  let rebootAsked = false;
  const records: JournalRecord[] = [];
  const toApi: { topic: string; payload: Buffer }[] = [];
  const toDevice: { topic: string; payload: Buffer; retained: boolean }[] = [];

  /** A port call, with a place to lose power on either side of it. */
  function port<T>(call: () => T): T {
    cutHere();
    const result = call();
    cutHere();
    return result;
  }

  function cutHere(): void {
    calls++;
    if (options.crashAt?.includes(calls)) throw new PowerCut();
  }

  const api = createScriptedApi({
    org: 'demo',
    device: 'dev-1',
    now: () => startEpoch + now,
    publish(topic, payload) {
      if (online) toDevice.push({ topic, payload: Buffer.from(payload), retained: replaying });
    },
  });

  const world: World = {
    api,
    records,
    lines: [],
    starts: [],
    portCalls: () => calls,
    device: () => device,
    now: () => now,
    connect() {
      online = true;
      guard(() => device.connected(++connections));
      if (!online) return;
      replaying = true;
      api.replayRetained();
      replaying = false;
    },
    disconnect() {
      cutLink();
      guard(() => device.lost());
    },
    reboot: powerOn,
    settle() {
      for (;;) {
        const up = toApi.shift();
        if (up) api.receive(up.topic, up.payload);
        const down = toDevice.shift();
        if (down) guard(() => device.message(down.topic, down.payload, down.retained));
        if (rebootAsked) powerOn();
        if (!up && !down) return;
      }
    },
    pass(ms) {
      const end = now + ms;
      world.settle();
      while (now < end) {
        const wake = device.wakeAt();
        // At least a millisecond, or a deadline that nobody serves would stop the time.
        now = Math.min(end, wake === undefined ? end : Math.max(bootAt + wake, now + 1));
        guard(() => device.tick());
        world.settle();
      }
    },
    until(holds) {
      const limit = now + 3_600_000;
      while (!holds()) {
        if (now > limit) throw new Error('it did not come about within an hour');
        world.pass(50);
        if (!online) world.connect();
      }
    },
  };

  /** Loses power where a port call says so, and comes back without a network. */
  function guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      powerOn();
    }
  }

  /** What is under way in either direction is lost. */
  function cutLink(): void {
    online = false;
    toDevice.length = 0;
    toApi.length = 0;
  }

  function powerOn(): void {
    rebootAsked = false;
    cutLink();
    bootAt = now;
    const clock = {
      ms: () => now - bootAt,
      epochMs: () => (options.epochMs === null ? null : (options.epochMs ?? startEpoch) + now),
    };
    const plain = createMotors({
      clock,
      boot: () => device.state.boot,
      speed: 1,
      delayMs: () => undefined,
      fails: options.fails ?? (() => false),
    });
    motors = options.wrapMotors?.(plain) ?? plain;
    device = createDispenser(
      {
        clock,
        random: () => 0.5,
        serial: (line) => world.lines.push(line),
        reboot: () => {
          rebootAsked = true;
        },
        journal: {
          load() {
            const state = emptyJournal();
            if (records.length === 0) records.push({ k: 'journal', id: 'j1' });
            for (const record of records) applyRecord(state, record);
            return state;
          },
          append(record) {
            if (motors.running()) api.faults.push(`${record.k} written while a motor runs`);
            return port(() => {
              if (options.refuse?.(record)) return false;
              if (!options.forget?.(record)) records.push(structuredClone(record));
              return true;
            });
          },
        },
        actuator: {
          ...motors,
          start: (pouring, ms) =>
            port(() => {
              world.starts.push({ ...pouring, ms, at: now });
              return motors.start(pouring, ms);
            }),
          stopAll: () => port(() => motors.stopAll()),
        },
        link: {
          publish: (topic, payload) =>
            port(() => {
              if (!online) return false;
              toApi.push({ topic, payload: Buffer.from(payload) });
              return true;
            }),
        },
      },
      {
        org: 'demo',
        device: 'dev-1',
        fwVersion: 'test',
        hw: 'test',
        resetReason: 'poweron',
        frascos: options.frascos ?? 8,
      },
    );
    guard(() => {
      device.begin();
      device.tick();
    });
  }

  powerOn();
  return world;
}
