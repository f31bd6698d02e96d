import type { ParamsOf, PayloadOf, TopicKey } from '@yaguts/shared';

/**
 * Who listens to which row of the topic table. Types only are imported: the table itself travels with the
 * live chunk, which dispatches here.
 */
type Listener<K extends TopicKey> = (params: ParamsOf<K>, payload: PayloadOf<K> | undefined) => void;
const listeners = new Map<TopicKey, Set<Listener<never>>>();

/**
 * Listens to a row; `payload` is undefined when a retained message was cleared.
 *
 * @returns the function that stops listening
 */
export function hear<K extends TopicKey>(key: K, listener: Listener<K>): () => void {
  const set = listeners.get(key) ?? new Set();
  set.add(listener as Listener<never>);
  listeners.set(key, set);
  return () => set.delete(listener as Listener<never>);
}

/** Tells the listeners of a row; called by the dispatcher alone. */
export function tell<K extends TopicKey>(
  key: K,
  params: ParamsOf<K>,
  payload: PayloadOf<K> | undefined,
): void {
  for (const listener of [...(listeners.get(key) ?? [])]) (listener as Listener<K>)(params, payload);
}

type EventListener = (type: string, data: Readonly<Record<string, unknown>>) => void;
/** Org events say "look again": they are never the truth themselves. */
export const onOrgEvent = (listener: EventListener): (() => void) =>
  hear('orgEvent', ({ type }, payload) => payload && listener(type, payload.data));
