/** A clock that tests turn by hand; timers fire in order of their time. */
export interface TestClock {
  now(): number;
  setTimer(fn: () => void, ms: number): () => void;
  advance(ms: number): void;
}

export function createTestClock(): TestClock {
  let time = 0;
  let timers: { at: number; fn: () => void }[] = [];
  return {
    now: () => time,
    setTimer(fn, ms) {
      const timer = { at: time + ms, fn };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    advance(ms) {
      const until = time + ms;
      for (;;) {
        const next = timers.filter((one) => one.at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((one) => one !== next);
        time = Math.max(time, next.at);
        next.fn();
      }
      time = until;
    },
  };
}
