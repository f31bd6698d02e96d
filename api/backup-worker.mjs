// The heavy part of a backup, on a thread of its own: copying and checking a large database takes seconds, and
// the main thread has devices to answer. Plain JavaScript, because a worker is loaded without any build.

import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

const require = createRequire(import.meta.url);
const Sqlite = require(Number(process.versions.napi) >= 10 ? 'better-sqlite3-napi' : 'better-sqlite3');

/** A consistent copy in one file without a write-ahead log, checked; answers what the copy says of itself. */
async function copy({ source, target }) {
  const from = new Sqlite(source, { fileMustExist: true, timeout: 5_000 });
  try {
    // One snapshot held from the first page to the last: a copy in steps begins anew at every commit of another
    // connection, and under load never ends.
    from.exec('BEGIN');
    from.prepare('select count(*) from sqlite_master').get();
    await from.backup(target, { progress: () => 10_000 });
    from.exec('ROLLBACK');
  } finally {
    from.close();
  }
  const made = new Sqlite(target, { fileMustExist: true });
  try {
    made.pragma('journal_mode = DELETE');
    const fault = faultOf(made);
    if (fault) throw Object.assign(new Error(`the copy is not sound: ${fault}`), { code: 'UNSOUND' });
    return factsOf(made);
  } finally {
    made.close();
  }
}

/** What quick_check finds wrong in a live database; null when it is sound. */
async function check({ source }) {
  const file = new Sqlite(source, { fileMustExist: true, timeout: 5_000 });
  try {
    return faultOf(file);
  } finally {
    file.close();
  }
}

function faultOf(file) {
  try {
    const said = file.pragma('quick_check(5)').map((row) => row.quick_check);
    return said.length === 1 && said[0] === 'ok' ? null : said.join('; ');
  } catch (error) {
    // A damage that stops the check itself.
    if (/^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) return error.message;
    throw error;
  }
}

function factsOf(file) {
  const meta = Object.fromEntries(
    file
      .prepare('select chave, valor from meta')
      .all()
      .map(({ chave, valor }) => [chave, valor]),
  );
  const heads = file
    .prepare('select org_id, max(n) as n, hash from audit group by org_id order by org_id')
    .all()
    .map(({ org_id, n, hash }) => [org_id, { n, hash }]);
  const { at } = file.prepare('select max(created_at) as at from __drizzle_migrations').get();
  return { epoch: meta.epoch ?? '', instance: meta.instance ?? '', migration: Number(at ?? 0), audit: heads };
}

const verbs = { copy, check };
try {
  parentPort.postMessage({ answer: await verbs[workerData.verb](workerData) });
} catch (error) {
  parentPort.postMessage({ error: { message: error.message, code: error.code ?? '' } });
}
