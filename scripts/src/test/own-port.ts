import { randomInt } from 'node:crypto';

/**
 * Below the ports that a system hands out by itself (from 32,768 on Linux, from 49,152 on macOS), above those that
 * programs are known by.
 */
const [lowest, beyond] = [20_000, 32_000];

/**
 * Starts something that is to come back on its ports. One that port 0 has given may be somebody else's by then: it
 * is handed out anew as soon as it is free, to a listener or a connection of any other test.
 *
 * @param start is tried with other ports when it says that one is taken
 * @throws what `start` throws besides
 */
export async function onOwnPorts<T>(start: (mqttPort: string, httpPort: string) => Promise<T>): Promise<T> {
  for (;;) {
    const [mqtt, http] = [randomInt(lowest, beyond), randomInt(lowest, beyond)];
    try {
      return await start(String(mqtt), String(http));
    } catch (error) {
      if (!/port \d+ is taken/.test((error as Error).message)) throw error;
    }
  }
}
