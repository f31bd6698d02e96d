/** How long a clean stop may take before the process ends anyway. */
const FORCED_AFTER_MS = 3_000;
const PARENT_WATCH_MS = 250;

/**
 * Runs `stop` once, at SIGINT, SIGTERM or when the npm that started this process is gone, then exits.
 * npm hands its signal to a shell that dies without passing it on, so `kill <pid of npm>` would leave an
 * orphan holding the port: hence the watch on the parent.
 *
 * @param stop  closes everything in reverse; a rejection is printed and ends with code 1
 * @returns     begins the stop by hand, with the exit code to end with
 */
export function stopOnSignals(stop: () => Promise<void>): (code?: number) => Promise<void> {
  let stopping: Promise<void> | undefined;
  const begin = (code = 0): Promise<void> => {
    stopping ??= (async () => {
      const forced = setTimeout(() => {
        console.error('The stop took longer than 3 s; ending now. What was acknowledged is on disk.');
        process.exit(1);
      }, FORCED_AFTER_MS);
      try {
        await stop();
        clearTimeout(forced);
        process.exit(code);
      } catch (error) {
        console.error(error);
        process.exit(1);
      }
    })();
    return stopping;
  };
  process.once('SIGINT', () => void begin());
  process.once('SIGTERM', () => void begin());
  if (process.env.npm_lifecycle_event) {
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid !== parent) void begin();
    }, PARENT_WATCH_MS);
    watch.unref();
  }
  return begin;
}
