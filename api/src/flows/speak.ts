import { encode, eventTypePattern, topic, topics } from '@yaguts/shared';
import type { EventToKeep } from '../store/notices.ts';
import type { FlowDeps, Log, Notify, Publish } from './deps.ts';

/** Puts one message on the wire. */
export type Send = (topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }) => void;

/**
 * {@link Publish} over a transport: topic, QoS and retain flag come from the table. A message that cannot be
 * made is logged and not sent: whoever published has committed already and must not fail by it.
 */
export function createPublish(send: Send, log: Log): Publish {
  return (key, params, payload) => {
    const { qos, retain, maxBytes } = topics[key];
    try {
      const text = payload === null ? '' : typeof payload === 'string' ? payload : encode(key, payload);
      if (Buffer.byteLength(text) > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`);
      send(topic(key, params), text, { qos, retain: retain !== 'never' });
    } catch (error) {
      log('publish_failed', { key, ...params, error });
    }
  };
}

/**
 * {@link Notify} over {@link Publish}: each event gets an id and a time. What `keep` takes can be read later;
 * the welcome is said anew at each arrival and not kept.
 */
export function createNotify({
  publish,
  now,
  random,
  keep,
}: Pick<FlowDeps, 'publish' | 'now' | 'random'> & { keep?: (event: EventToKeep) => void }): Notify {
  return (org, type, data, user) => {
    if (!eventTypePattern.test(type)) throw new TypeError(`event type ${JSON.stringify(type)}`);
    const event = { id: random(8).toString('hex'), type, ts: now(), data: { ...data } };
    if (user === undefined) publish('orgEvent', { org, type }, event);
    else publish('userEvent', { org, user, type }, event);
    if (type !== 'connected') keep?.({ ...event, org_id: org, user_id: user ?? null });
  };
}
