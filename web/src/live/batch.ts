import type { FromEngine, Message } from './protocol.ts';

/**
 * Gathers messages into batches, so that a page drawn 60 times a second never does more than that, however
 * fast the topics are: one write per message was 8 fps at 500 messages a second, batches are 58.
 *
 * - `state`: the last per topic counts; a batch at most once per 16 ms and no more of them than the page draws
 *   in a fifth of its time, the first after silence at once
 * - `event`: every one counts, at once (a frasco's final entry, an event, an answer)
 * - `log`: at 4 Hz, the first after silence at once; past 5,000 waiting the oldest are left out and counted
 */
export type Kind = 'state' | 'event' | 'log';

export interface BatchDeps {
  readonly post: (batch: Extract<FromEngine, { t: 'batch' }>) => void;
  readonly now: () => number;
  /** Calls once after `ms`; returns the cancelling function. */
  readonly setTimer: (fn: () => void, ms: number) => () => void;
}

const frameMs = 16;
/** Four fifths of a page's time are for what else it does: scrolling, typing, jars that pour. */
const restPerDrawn = 4;
/** A very slow page sees states this late, and no later. */
const longestRestMs = 250;
const logMs = 250;
export const maxWaitingLogs = 5_000;

/** What a topic carries, told by its levels alone (the payload stays unread here). */
export function kindOf(topic: string): Kind {
  const level = topic.split('/').slice(3);
  if (level[0] === 'devices') {
    if (level[2] === 'log') return 'log';
    return level[2] === 'jobs' && level[4] === 'log' ? 'event' : 'state';
  }
  if (level[0] === 'users') return level[2] === 'badge' ? 'state' : 'event';
  return level[0] === 'events' || level[2] === 'events' ? 'event' : 'state';
}

export interface Batcher {
  add(topic: string, payload: string): void;
  /** The page has told how long it drew. */
  drawn(ms: number): void;
  /** Sends what waits and forgets the timers. */
  flush(): void;
}

/** @see BatchDeps for what it needs; nothing else is touched */
export function createBatcher(deps: BatchDeps): Batcher {
  let states = new Map<string, string>();
  let events: Message[] = [];
  let logs: Message[] = [];
  let dropped = 0;
  let restMs = frameMs;
  let lastSend = Number.NEGATIVE_INFINITY;
  let lastLog = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;
  let due = Number.POSITIVE_INFINITY;

  const send = (): void => {
    cancel?.();
    cancel = undefined;
    due = Number.POSITIVE_INFINITY;
    if (states.size + events.length + logs.length === 0) return;
    const now = deps.now();
    const batch = { t: 'batch', states: [...states], events: [...events, ...logs], dropped } as const;
    if (logs.length > 0) lastLog = now;
    lastSend = now;
    states = new Map();
    events = [];
    logs = [];
    dropped = 0;
    deps.post(batch);
  };
  const sendAt = (when: number): void => {
    const now = deps.now();
    if (when <= now) send();
    else if (when < due) {
      cancel?.();
      due = when;
      cancel = deps.setTimer(send, when - now);
    }
  };

  return {
    add(topic, payload) {
      const kind = kindOf(topic);
      if (kind === 'event') {
        events.push([topic, payload]);
        send();
      } else if (kind === 'log') {
        logs.push([topic, payload]);
        if (logs.length > maxWaitingLogs) {
          logs.shift();
          dropped++;
        }
        sendAt(lastLog + logMs);
      } else {
        // Deleting first keeps the order of arrival for the topics of one batch.
        states.delete(topic);
        states.set(topic, payload);
        sendAt(lastSend + restMs);
      }
    },
    drawn(ms) {
      restMs = Math.min(longestRestMs, Math.max(frameMs, ms * restPerDrawn));
    },
    flush: send,
  };
}
