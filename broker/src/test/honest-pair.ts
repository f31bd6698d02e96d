import { listen, type Running } from './harness.ts';

/** Two who talk while others misbehave: a device, and a person who hears its entries. */
export interface HonestPair {
  /** One QoS 1 message and its arrival. Rejects when another message arrives in its place. */
  talk(): Promise<void>;
}

export async function honestPair(it: Running): Promise<HonestPair> {
  const speaker = await it.client('pe');
  const hearer = await it.client('bia');
  await hearer.subscribeAsync('yaguts/v1/demo/devices/pe/jobs/+/log/+', { qos: 1 });
  const heard = listen(hearer);
  let n = 0;
  return {
    async talk() {
      const payload = `{"n":${++n}}`;
      await speaker.publishAsync('yaguts/v1/demo/devices/pe/jobs/1/log/1', payload, { qos: 1 });
      const arrived = (await heard.next()).payload;
      if (arrived !== payload) throw new Error(`the honest pair sent ${payload} and heard ${arrived}`);
    },
  };
}
