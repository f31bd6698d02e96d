import { batch } from '@preact/signals';
import { decode, matchTopic, type ParamsOf, type PayloadOf, type TopicKey } from '@yaguts/shared';
import { tell } from './hear.ts';
import type { FromEngine, Message } from './protocol.ts';

/**
 * Reads a batch of messages by the topic table and tells the listeners, in one redraw. A payload that is not
 * what its row says is left out with a word on the console: one bad message must not hide the rest.
 */
export function dispatch({
  states,
  events,
}: Pick<Extract<FromEngine, { t: 'batch' }>, 'states' | 'events'>): void {
  batch(() => {
    for (const message of states) one(message);
    for (const message of events) one(message);
  });
}

function one([topic, payload]: Message): void {
  const match = matchTopic(topic);
  if (!match) return;
  if (payload === '') {
    tellRow(match.key, match.params, undefined);
    return;
  }
  const decoded = decode(match.key, payload);
  if (decoded.ok) tellRow(match.key, match.params, decoded.value);
  else console.warn('unreadable message', topic, decoded.faults);
}

/** Loses the tie between key, params and payload that the table has just proven. */
const tellRow = (key: TopicKey, params: object, payload: unknown): void =>
  tell(key as 'badge' & TopicKey, params as ParamsOf<never>, payload as PayloadOf<never>);
