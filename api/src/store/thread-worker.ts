import { parentPort, workerData } from 'node:worker_threads';
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

/** A thread of the store: one connection, and everything that is asked of it, in order. */

const port = parentPort as NonNullable<typeof parentPort>;
const tell = (answer: Answer): void => port.postMessage(answer);

const open = async ({ dir, migrations, reader, now }: ThreadWork) => {
  const db = reader ? openReader(dir) : await openDatabase({ dir, migrations, isLocked: true });
  const installation = reader ?? (await readInstallation(db, now));
  return { db, installation, engine: createEngine(db, installation) };
};

async function answer(db: Database, { calls, grouped }: Engine, asked: Question): Promise<void> {
  if ('close' in asked) {
    try {
      await db.close();
    } finally {
      port.close();
    }
    return;
  }
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

try {
  const { db, installation, engine } = await open(workerData as ThreadWork);
  port.on('message', (asked: Question) => void answer(db, engine, asked));
  tell({ opened: { installation, names: Object.keys(engine.calls) } });
} catch (error) {
  tell({ refused: packError(error) });
}
