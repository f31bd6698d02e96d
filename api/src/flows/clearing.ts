/**
 * Takes retained reports away once they are committed. That has to wait until the broker has stored the
 * message: cleared in the hook or right after it, the retained copy is written later and stays for ever.
 */
export interface Clearing {
  /** This message is dealt with; its retained copy may go when it has been routed. */
  mark(topic: string): void;
  /** The broker has stored and forwarded a message. */
  routed(topic: string, retain: boolean, payload: Uint8Array): void;
}

/** @param clear publishes the empty retained payload [MQTT-3.3.1-10] */
export function createClearing(clear: (topic: string) => void): Clearing {
  // Counted, for two copies of one report may be committed before the first of them is routed.
  const marked = new Map<string, number>();
  return {
    mark: (topic) => void marked.set(topic, (marked.get(topic) ?? 0) + 1),
    routed(topic, retain, payload) {
      const times = marked.get(topic);
      if (times === undefined || payload.length === 0) return;
      if (times === 1) marked.delete(topic);
      else marked.set(topic, times - 1);
      if (retain) clear(topic);
    },
  };
}
