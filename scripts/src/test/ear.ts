import type { TestHouse } from './fixture.ts';

export interface Heard {
  /** Below `yaguts/v1/{org}/`. */
  readonly topic: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** An MQTT client of the owner that keeps every JSON object it hears, retained ones included. */
export interface Ear {
  readonly heard: readonly Heard[];
  /** Resolves with the first message that fits, past ones included. */
  next(fits: (message: Heard) => boolean): Promise<Heard>;
  close(): Promise<void>;
}

/**
 * Listens to topics of the demo organisation. A client of its own: mqtt.js leaves out a SUBSCRIBE that repeats
 * an earlier one, and with it the retained message.
 *
 * @param filters below `yaguts/v1/demo/`
 * @returns once the broker has granted them
 */
export async function openEar(house: TestHouse, ...filters: string[]): Promise<Ear> {
  const root = `yaguts/v1/${house.kitchen.org}/`;
  const client = await house.person();
  const heard: Heard[] = [];
  const waiting = new Set<(message: Heard) => void>();
  client.on('message', (name, bytes) => {
    const payload = objectIn(bytes);
    if (!payload) return;
    const message = { topic: name.slice(root.length), payload };
    heard.push(message);
    for (const hear of [...waiting]) hear(message);
  });
  await client.subscribeAsync(
    filters.map((filter) => root + filter),
    { qos: 1 },
  );
  return {
    heard,
    next: (fits) =>
      new Promise((resolve) => {
        const known = heard.find(fits);
        if (known) return resolve(known);
        const hear = (message: Heard): void => {
          if (!fits(message)) return;
          waiting.delete(hear);
          resolve(message);
        };
        waiting.add(hear);
      }),
    close: () => client.endAsync(true),
  };
}

function objectIn(bytes: Buffer): Heard['payload'] | undefined {
  try {
    return JSON.parse(String(bytes)) as Heard['payload'];
  } catch {
    return undefined;
  }
}
