import type { MessagePort } from 'node:worker_threads';
import { createEngine, type Engine } from './engine.ts';
import { runGroup } from './grouped.ts';
import { readInstallation } from './meta.ts';
import { type Database, openDatabase, openReader } from './open.ts';
import {
  type Answer,
  packAnswers,
  packError,
  type Question,
  type ThreadWork,
  unpackGroup,
} from './thread-messages.ts';

/**
 * What a thread of the store does: it opens its connection, says so or why not, and answers everything that is
 * asked of it, in order, until it is told to close.
 *
 * @param port where the questions come from
 */
export async function serveThread(port: MessagePort, work: ThreadWork): Promise<void> {
  const tell = (answer: Answer): void => port.postMessage(answer);
  try {
    const { db, installation, engine } = await open(work);
    const close = (): Promise<void> => db.close().finally(() => port.close());
    port.on(
      'message',
      (asked: Question) => void ('close' in asked ? close() : answer(db, engine, asked, tell)),
    );
    tell({ opened: { installation, names: Object.keys(engine.calls) } });
  } catch (error) {
    tell({ refused: packError(error) });
  }
}

const open = async ({ dir, migrations, reader, now }: ThreadWork) => {
  const db = reader ? openReader(dir) : await openDatabase({ dir, migrations, isLocked: true });
  const installation = reader ?? (await readInstallation(db, now));
  return { db, installation, engine: createEngine(db, installation) };
};

async function answer(
  db: Database,
  { calls, grouped }: Engine,
  asked: Exclude<Question, { close: true }>,
  tell: (answer: Answer) => void,
): Promise<void> {
  const { id } = asked;
  try {
    if ('group' in asked) {
      const group = unpackGroup(asked.group);
      tell({ id, group: packAnswers(await db.write(() => runGroup(grouped, group))) });
    } else {
      const call = calls[asked.name as keyof typeof calls] as (...args: readonly unknown[]) => unknown;
      tell({ id, value: await call(...asked.args) });
    }
  } catch (error) {
    tell({ id, error: packError(error) });
  }
}
