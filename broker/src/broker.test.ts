import { afterEach, beforeEach, expect, test } from 'vitest';
import { listen, type Running, run } from './test/harness.ts';

let it: Running;
beforeEach(async () => {
  it = await run();
});
afterEach(() => it.close());

const telemetry = 'yaguts/v1/demo/devices/mao/telemetry';

test.each([false, true])(
  'a message of a device reaches a person who may hear it (WebSocket: %s)',
  async (ws) => {
    const ana = await it.client('ana', { ws });
    await ana.subscribeAsync('yaguts/v1/demo/#', { qos: 1 });
    const heard = listen(ana);
    const mao = await it.client('mao', { ws });
    mao.publish(telemetry, '{"rssi":-60}');
    expect(await heard.next()).toEqual({ topic: telemetry, payload: '{"rssi":-60}', retain: false });
  },
);
