import { startChild } from './child.ts';
import type { ServeQuestions } from './serve-process.ts';

/**
 * Milliseconds from the start of a process to its first good answer on /readyz: Node, modules, database, every
 * retained topic published, ports open.
 *
 * @param dataDir of a platform that has stopped
 */
export async function measureRestart(dataDir: string): Promise<number> {
  const startedAt = performance.now();
  const child = startChild<ServeQuestions>('serve-process');
  try {
    const { origin } = await child.ask('serve', { dataDir });
    const ready = await fetch(`${origin}/readyz`);
    if (!ready.ok) throw new Error(`/readyz: ${ready.status} ${await ready.text()}`);
    return performance.now() - startedAt;
  } finally {
    await child.stop();
  }
}
