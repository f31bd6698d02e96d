import { startChild } from './child.ts';
import type { ServeQuestions } from './serve-process.ts';

/**
 * From the start of a process to its first good answer on /readyz: Node, modules, database, every
 * retained topic published, ports open.
 *
 * @param dataDir of a platform that has stopped
 */
export async function measureRestart(dataDir: string): Promise<{ ms: number; cpuMs: number }> {
  const startedAt = performance.now();
  const child = startChild<ServeQuestions>('serve-process');
  try {
    const { origin } = await child.ask('serve', { dataDir });
    const ready = await fetch(`${origin}/readyz`);
    if (!ready.ok) throw new Error(`/readyz: ${ready.status} ${await ready.text()}`);
    const ms = performance.now() - startedAt;
    const { cpuMs } = await child.ask('usage', null);
    return { ms, cpuMs };
  } finally {
    await child.stop();
  }
}
