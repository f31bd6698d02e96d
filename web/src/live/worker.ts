import mqtt from 'mqtt';
import { createEngine, type MqttLike } from './engine.ts';
import type { ToEngine } from './protocol.ts';
import { setTimer } from './timer.ts';

/**
 * The panel's only import of mqtt. In a Worker because parsing its 340 KB would hold a slow phone's page for a
 * fifth of a second; here nobody waits for it.
 */
const engine = createEngine({
  connect: (url, options) => mqtt.connect(url, options) as unknown as MqttLike,
  post: (message) => postMessage(message),
  now: () => Date.now(),
  setTimer,
});

addEventListener('message', (event: MessageEvent<ToEngine>) => engine.handle(event.data));
