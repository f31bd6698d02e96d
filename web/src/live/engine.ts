import { limits } from '@yaguts/shared';
import { isTokenStale, reconnectDelayMs } from './backoff.ts';
import { createBatcher } from './batch.ts';
import type { Credential, FromEngine, LinkState, ToEngine } from './protocol.ts';

/**
 * The connection of one tab, without knowing which thread it lives in:
 *
 *   connecting ── connect ──▶ open ── loss ──▶ waiting ── timer, retry ──▶ connecting
 *   waiting ── ten tries ──▶ failed ── retry ──▶ connecting      any ── pause ──▶ paused ── retry ──▶ connecting
 *   any ── stop ──▶ closed (final)
 *
 * Every try is a client of its own: mqtt.js stops for good after one refused CONNACK, knows no schedule and
 * may never answer `connect`, so its own reconnecting stays off and each try has a deadline here.
 */

/** The part of mqtt.js that is used; a test brings its own. */
export interface MqttLike {
  on(event: 'connect' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error & { code?: number | string }) => void): unknown;
  on(event: 'message', listener: (topic: string, payload: Uint8Array) => void): unknown;
  on(event: 'packetreceive', listener: (packet: { cmd: string }) => void): unknown;
  subscribe(
    filters: string[],
    options: { qos: 1 },
    done: (error: Error | null, granted?: unknown, packet?: { granted?: unknown }) => void,
  ): unknown;
  unsubscribe(filters: string[]): unknown;
  publish(topic: string, payload: string, options: { qos: 1 }, done: (error?: Error) => void): unknown;
  sendPing(): void;
  end(force: boolean): unknown;
}

export interface EngineDeps {
  readonly connect: (url: string, options: Readonly<Record<string, unknown>>) => MqttLike;
  readonly post: (message: FromEngine) => void;
  readonly now: () => number;
  readonly setTimer: (fn: () => void, ms: number) => () => void;
}

const connectDeadlineMs = 10_000;
const credentialDeadlineMs = 12_000;
const pingDeadlineMs = 3_000;
const utf8 = new TextDecoder();

/** One engine per tab; `handle` takes the page's words and never throws. */
export function createEngine(deps: EngineDeps): { handle(message: ToEngine): void } {
  let state: LinkState = 'closed';
  let attempt = 0;
  let clientId = '';
  let credential: Credential | undefined;
  let isSpent = false;
  let client: MqttLike | undefined;
  let cancelTimer: (() => void) | undefined;
  let cancelPing: (() => void) | undefined;
  const batcher = createBatcher(deps);

  const enter = (next: LinkState, nextAt: number | null = null): void => {
    state = next;
    deps.post({ t: 'state', state, attempt, nextAt });
  };
  const timer = (fn: () => void, ms: number): void => {
    cancelTimer?.();
    cancelTimer = deps.setTimer(fn, ms);
  };
  const drop = (): void => {
    cancelTimer?.();
    cancelPing?.();
    cancelTimer = cancelPing = undefined;
    const old = client;
    client = undefined;
    old?.end(true);
  };

  const lost = (): void => {
    if (state === 'closed' || state === 'paused' || state === 'failed') return;
    drop();
    batcher.flush();
    attempt++;
    const wait = reconnectDelayMs(attempt);
    if (wait === undefined) {
      attempt = limits.reconnectTries;
      enter('failed');
      return;
    }
    enter('waiting', deps.now() + wait);
    timer(tryNow, wait);
  };

  const tryNow = (): void => {
    drop();
    enter('connecting');
    if (!credential || isSpent || isTokenStale(credential, deps.now())) {
      deps.post({ t: 'need-credential' });
      timer(lost, credentialDeadlineMs);
      return;
    }
    open(credential);
  };

  const open = ({ url, username, token }: Credential): void => {
    const mine = deps.connect(url, {
      protocolVersion: 4,
      clean: true,
      resubscribe: false,
      reconnectPeriod: 0,
      keepalive: limits.browserKeepaliveS,
      connectTimeout: connectDeadlineMs,
      queueQoSZero: false,
      timerVariant: 'native',
      clientId,
      username,
      password: token,
    });
    client = mine;
    const isMine = (): boolean => client === mine;
    timer(lost, connectDeadlineMs);
    mine.on('connect', () => {
      if (!isMine()) return;
      cancelTimer?.();
      attempt = 0;
      enter('open');
    });
    mine.on('message', (topic, payload) => {
      if (isMine()) batcher.add(topic, utf8.decode(payload));
    });
    mine.on('packetreceive', (packet) => {
      if (packet.cmd === 'pingresp') cancelPing?.();
    });
    mine.on('error', (error) => {
      // 4, 5: CONNACK refused the credential; the next try brings a new one.
      if (isMine() && (error.code === 4 || error.code === 5)) isSpent = true;
    });
    mine.on('close', () => {
      if (isMine()) lost();
    });
  };

  const subscribe = (id: number, filters: readonly string[]): void => {
    if (state !== 'open' || !client) {
      deps.post({ t: 'suback', id, ok: false, refused: [] });
      return;
    }
    client.subscribe([...filters], { qos: 1 }, (error, _granted, packet) => {
      // One refused filter makes the call fail while `granted` claims success: only the packet shows 128.
      const codes = Array.isArray(packet?.granted) ? (packet.granted as unknown[]) : undefined;
      const refused = codes ? filters.filter((_, i) => codes[i] === 128) : [];
      deps.post({ t: 'suback', id, ok: codes !== undefined || !error, refused });
    });
  };

  return {
    handle(message) {
      switch (message.t) {
        case 'start':
          clientId = message.clientId;
          credential = message.credential;
          isSpent = false;
          attempt = 0;
          return tryNow();
        case 'credential':
          credential = message.credential;
          isSpent = false;
          if (state === 'connecting' && !client) open(credential);
          return;
        case 'no-credential':
          if (state === 'connecting' && !client) lost();
          return;
        case 'subscribe':
          return subscribe(message.id, message.filters);
        case 'unsubscribe':
          if (state === 'open') client?.unsubscribe([...message.filters]);
          return;
        case 'publish':
          if (state !== 'open' || !client) return deps.post({ t: 'puback', id: message.id, ok: false });
          client.publish(message.topic, message.payload, { qos: 1 }, (error) =>
            deps.post({ t: 'puback', id: message.id, ok: !error }),
          );
          return;
        case 'retry':
          if (state === 'open' || state === 'closed') return;
          if (state === 'connecting' && client) return;
          if (state === 'failed' || state === 'paused') attempt = 0;
          return tryNow();
        case 'probe':
          if (state !== 'open') return this.handle({ t: 'retry' });
          cancelPing?.();
          cancelPing = deps.setTimer(lost, pingDeadlineMs);
          client?.sendPing();
          return;
        case 'drawn':
          return batcher.drawn(message.ms);
        case 'pause':
          if (state === 'closed') return;
          drop();
          return enter('paused');
        case 'stop':
          drop();
          return enter('closed');
      }
    },
  };
}
