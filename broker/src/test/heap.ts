import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// What --expose-gc does, for a process that was started without it.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of the heap that are still in use after a full collection, what buffers hold outside of it included. */
export async function bytesInUse(): Promise<number> {
  // Twice, with a turn between: finalizers of the first run free what the second one counts.
  for (let n = 0; n < 2; n++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
