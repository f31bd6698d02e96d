import { createEngine, type EngineDeps } from './engine.ts';
import type { FromEngine, Link } from './protocol.ts';
import { setTimer as realTimer } from './timer.ts';

/** The engine in this thread, for where there is no Worker or no page to hold up. */
export function directLink(connect: EngineDeps['connect'], setTimer = realTimer): Link {
  let hear: (message: FromEngine) => void = () => {};
  const engine = createEngine({
    connect,
    // In a turn of its own, as from a Worker: whoever hears may answer at once.
    post: (message) => queueMicrotask(() => hear(message)),
    now: () => Date.now(),
    setTimer,
  });
  return {
    post: (message) => engine.handle(message),
    listen: (listener) => {
      hear = listener;
    },
    close: () => engine.handle({ t: 'stop' }),
  };
}
