import { randomBytes } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import type { Database } from './open.ts';
import { meta } from './schema/index.ts';
import { get, p, run } from './transaction.ts';

/** Facts of the installation. `epoch` changes with a restore: devices then send their last acked entries again. */
export interface Installation {
  readonly epoch: string;
  readonly instance: string;
  readonly criado_em: number;
}

/** Reads the installation's facts, making them in a new database. */
export async function readInstallation(db: Database, now: number): Promise<Installation> {
  const q = {
    read: db.orm
      .select()
      .from(meta)
      .where(eq(meta.chave, p('chave')))
      .prepare(),
    write: db.orm
      .insert(meta)
      .values({ chave: p('chave'), valor: p('valor') } as unknown as typeof meta.$inferInsert)
      .onConflictDoNothing()
      .prepare(),
  };
  const made = { epoch: randomBytes(8).toString('hex'), instance: randomBytes(4).toString('hex') };
  return db.write(function* () {
    for (const [chave, valor] of Object.entries({ ...made, criado_em: String(now) })) {
      yield* run(q.write, { chave, valor });
    }
    const fact = function* (chave: string) {
      return (yield* get(q.read, { chave }))?.valor ?? '';
    };
    return {
      epoch: yield* fact('epoch'),
      instance: yield* fact('instance'),
      criado_em: Number(yield* fact('criado_em')),
    };
  });
}

/**
 * Commits one row, to prove that the database can be written now.
 *
 * @throws what the disk says
 */
export function createProof(db: Database): (now: number) => Promise<void> {
  const write = db.orm
    .insert(meta)
    .values({ chave: 'prova', valor: p('valor') } as unknown as typeof meta.$inferInsert)
    .onConflictDoUpdate({ target: meta.chave, set: { valor: sql`excluded.valor` } })
    .prepare();
  return async (now) => void (await db.write(() => run(write, { valor: String(now) })));
}
