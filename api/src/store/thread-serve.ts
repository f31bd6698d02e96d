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
    const commit = createCommit(db, engine);
    port.on(
      'message',
      (asked: Question) => void ('close' in asked ? close() : answer(engine, commit, asked, tell)),
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

type Group = Extract<Question, { group: string }>;

/** Groups are committed in their order or not at all: what was sent behind one that failed is not taken. */
function createCommit(db: Database, { grouped }: Engine): (asked: Group) => Promise<string> {
  let failedAfter = -1;
  return async ({ group, after }) => {
    if (after <= failedAfter) throw Object.assign(new Error('A group before this one failed'), behind);
    try {
      return packAnswers(await db.write(() => runGroup(grouped, unpackGroup(group))));
    } catch (error) {
      failedAfter = after;
      throw error;
    }
  };
}
/** As a lock that is held: the same may go well in a moment. */
const behind = { code: 'SQLITE_BUSY' };

async function answer(
  { calls }: Engine,
  commit: (asked: Group) => Promise<string>,
  asked: Exclude<Question, { close: true }>,
  tell: (answer: Answer) => void,
): Promise<void> {
  const { id } = asked;
  try {
    if ('group' in asked) {
      tell({ id, group: await commit(asked) });
    } else {
      const call = calls[asked.name as keyof typeof calls] as (...args: readonly unknown[]) => unknown;
      tell({ id, value: await call(...asked.args) });
    }
  } catch (error) {
    tell({ id, error: packError(error) });
  }
}
