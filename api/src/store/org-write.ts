import { AppError } from '@yaguts/shared';
import { eq, isNotNull, sql } from 'drizzle-orm';
import { finalStatus, isTerminal } from '../domain/job-status.ts';
import { type ArchiveTable, archiveTables, orgTables, references } from './archive-tables.ts';
import { type Act, actRow, auditWriter } from './audit.ts';
import { followChain, hashOf, type StoredAudit } from './chain.ts';
import type { Job } from './job-rows.ts';
import type { Database, Orm } from './open.ts';
import { type ArchiveFacts, type ArchiveRow, faultAt, rowsOfArchive } from './org-import.ts';
import { audit, orgs, users } from './schema/index.ts';
import { all, columns, get, type Prepared, p, type Reads, run, type Tx, wholeRow } from './transaction.ts';

export interface ImportWanted {
  /** The unpacked archive, checked. */
  readonly file: string;
  readonly facts: ArchiveFacts;
  /** Its id here. */
  readonly org: string;
  readonly act: Act;
}
export interface ImportMade {
  readonly org: string;
  readonly rows: number;
  /** People whose user id was taken here: their new one. */
  readonly usuarios: Readonly<Record<string, string>>;
}

/** Row numbers may jump ahead by so much and no more: an archive must not use the counter up. */
const numberJump = 1_000_000;

/** How long one transaction of an import holds the writer: entries of others wait for no more. */
const sliceMs = 25;
/** Rows taken out in one transaction. */
const droppedRows = 1_000;
/** Lets whoever waits for the writer have it. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Row = Record<string, unknown>;

/** What is known of an archive that is being written. */
interface Writing {
  /** The names of rows here by their names in the archive. */
  readonly mapOf: (table: string) => Map<unknown, unknown>;
  readonly chain: { came: ReturnType<typeof followChain>; now: string | undefined };
  readonly usuarios: Record<string, string>;
  /** The highest number of each table so far in this slice. */
  readonly used: Map<string, number>;
}
function newWriting(): Writing {
  const maps = new Map<string, Map<unknown, unknown>>();
  return {
    mapOf: (table) => maps.get(table) ?? maps.set(table, new Map()).get(table)!,
    chain: { came: followChain(), now: undefined },
    usuarios: {},
    used: new Map(),
  };
}

/** Takes an archive into this installation. */
export function importStore(db: Database) {
  const { orm } = db;
  const writers = new Map(archiveTables.map((table) => [table.name, writerOf(orm, table)]));
  const orgById = orm
    .select({ org_id: orgs.org_id })
    .from(orgs)
    .where(eq(orgs.org_id, p('org')))
    .prepare();
  const userById = orm
    .select({ user_id: users.user_id })
    .from(users)
    .where(eq(users.user_id, p('user')))
    .prepare();
  const head = orm
    .select()
    .from(audit)
    .where(eq(audit.org_id, p('org')))
    .orderBy(sql`${audit.n} desc`)
    .limit(1)
    .prepare();
  const wrongSaldo: Reads<{ device: string; frasco: number }> = orm
    .select({ device: sql<string>`f.device`, frasco: sql<number>`f.frasco` })
    .from(sql`frascos f`)
    .where(
      sql`f.org_id = ${p('org')} and f.saldo_mg <> coalesce((select sum(m.quantidade_mg) from estoque_mov m
        where m.org_id = f.org_id and m.device = f.device and m.frasco = f.frasco), 0)`,
    )
    .limit(1)
    .prepare();
  const writeAudit = auditWriter(orm);
  const unmark = orm
    .update(orgs)
    .set(columns(orgs, 'importando_desde'))
    .where(eq(orgs.org_id, p('org')))
    .prepare();
  const halfOrgs = orm
    .select({ org: orgs.org_id })
    .from(orgs)
    .where(isNotNull(orgs.importando_desde))
    .prepare();
  // Children before what they point at.
  const empty: Prepared[] = [...orgTables].reverse().map(({ table, name }) =>
    orm
      .delete(table)
      .where(
        sql
          .raw(`rowid in (select rowid from "${name}" where org_id = `)
          .append(sql`${p('org')}`)
          .append(sql.raw(` limit ${droppedRows})`)),
      )
      .prepare(),
  );

  function* freeUser(wanted: string): Tx<string> {
    let name = wanted;
    for (let n = 2; yield* get(userById, { user: name }); n++) {
      const tail = `-${n}`;
      name = wanted.slice(0, 36 - tail.length) + tail;
    }
    return name;
  }

  /** Writes one row under its names here. */
  function* write(found: ArchiveRow, { facts, org, act }: ImportWanted, state: Writing): Tx<void> {
    const writer = writers.get(found.tabela);
    if (!writer) return;
    const { name, number } = writer.table;
    let row: Row = pointed(found, writer.table, state.mapOf);
    row.org_id = org;
    if (name === 'audit') row = chained(found, row as StoredAudit, state.chain, facts.org);
    if (name === 'users') {
      const before = String(found.linha.user_id);
      row.user_id = yield* freeUser(before);
      state.mapOf('users').set(before, row.user_id);
      if (row.user_id !== before) state.usuarios[before] = String(row.user_id);
    }
    row = (settled[name] ?? ((same) => same))(row, act.em);
    if (name === 'jobs') requireWholeJob(found, row as unknown as Job);
    try {
      if (number === undefined) yield* run(writer.insert, row);
      else state.mapOf(name).set(found.linha[number], yield* writer.insertNumbered(row, number, state.used));
    } catch (error) {
      throw rowFault(found, error);
    }
  }

  /** Checks the whole and lifts the mark: from here on it is an org like any other. */
  function* finish({ facts, org, act }: ImportWanted, { chain, usuarios }: Writing): Tx<void> {
    if (!(yield* get(orgById, { org }))) throw faultAt(1, '', 'the archive has no row of its organisation');
    const { broken, head: cameHead } = chain.came.found();
    if (broken !== undefined)
      throw faultAt(1, '', `no act says that those before number ${broken} were forgotten`);
    const wrong = yield* get(wrongSaldo, { org });
    if (wrong) {
      const path = `frascos.${wrong.device}.${wrong.frasco}`;
      throw new AppError('invalid', undefined, {
        faults: [{ path, message: 'its saldo is not the sum of its movements' }],
      });
    }
    yield* run(unmark, { org, importando_desde: null });
    const depois = { de: facts.org, linhas: facts.rows, usuarios, audit: cameHead };
    yield* writeAudit(org, actRow(act, 'org.import', `org:${org}`, { depois }));
  }

  /** Takes out what is there of a half-written org, in slices as well. */
  async function drop(org: string): Promise<void> {
    for (const query of empty)
      while ((await db.write(() => run(query, { org }))) >= droppedRows) await turn();
  }

  /** Orgs that are being written by this thread. */
  const underWay = new Set<string>();

  return {
    /**
     * Writes every row of a checked archive, in slices of {@link sliceMs} between which others write. Until the last
     * one the org is marked and is none: nobody sees it, and it goes when one of its rows does not fit or the
     * platform stops. Numbers and user ids that are taken here get new ones, wherever they are named; a job that
     * had not ended is closed; nobody has a way in yet.
     *
     * @throws AppError "already_exists" when the org id is taken, "invalid" that names a line
     */
    async importOrg(wanted: ImportWanted): Promise<ImportMade> {
      const { file, facts, org } = wanted;
      if (await db.read(() => get(orgById, { org })))
        throw new AppError('already_exists', `There is an organisation ${org} already; give another id`);
      const state = newWriting();
      const rows = rowsOfArchive(file);
      const slice = function* (): Tx<boolean> {
        const until = performance.now() + sliceMs;
        // Others have taken numbers since the slice before.
        state.used.clear();
        do {
          const next = rows.next();
          if (next.done) return false;
          yield* write(next.value, wanted, state);
        } while (performance.now() < until);
        return true;
      };
      underWay.add(org);
      try {
        while (await db.write(slice)) await turn();
        await db.write(() => finish(wanted, state));
      } catch (error) {
        rows.return(undefined);
        await drop(org);
        throw error;
      } finally {
        underWay.delete(org);
      }
      return { org, rows: facts.rows, usuarios: state.usuarios };
    },
    /** Takes out what an import has left whose process or thread has ended. @returns the ids of those orgs */
    async dropHalfImports(): Promise<string[]> {
      const marked = (await db.read(() => all(halfOrgs))).map((row) => row.org);
      const half = marked.filter((org) => !underWay.has(org));
      for (const org of half) await drop(org);
      return half;
    },
    auditHead: (org: string) => db.read(() => get(head, { org })),
  };
}

function writerOf(orm: Orm, table: ArchiveTable) {
  const insert: Prepared = orm
    .insert(table.table)
    .values(wholeRow(table.table) as never)
    .prepare();
  const taken: Reads<{ seq: number }> = orm
    .select({ seq: sql<number>`seq` })
    .from(sql`sqlite_sequence`)
    .where(sql`name = ${table.name}`)
    .prepare();
  return {
    table,
    insert,
    /**
     * Keeps the number when it was never used here, else takes the next one; answers it.
     *
     * @param used the highest number of each table so far
     */
    *insertNumbered(row: Row, number: string, used: Map<string, number>): Tx<number> {
      const last = used.get(table.name) ?? (yield* get(taken))?.seq ?? 0;
      const wanted = Number(row[number]);
      const kept = wanted > last && wanted <= last + numberJump ? wanted : last + 1;
      yield* run(insert, { ...row, [number]: kept });
      used.set(table.name, kept);
      return kept;
    },
  };
}

/** The row with everything that it points at under its name here, and bytes as bytes. */
function pointed(
  { n, tabela, linha }: ArchiveRow,
  { columns, number }: ArchiveTable,
  mapOf: (table: string) => Map<unknown, unknown>,
): Row {
  const row: Row = {};
  for (const [key, column] of Object.entries(columns)) {
    const value = linha[key] === undefined ? (column.default ?? null) : linha[key];
    const target = key === number || (tabela === 'users' && key === 'user_id') ? undefined : references[key];
    if (target === undefined || value === null) {
      row[key] = column.dataType === 'buffer' ? Buffer.from(String(value), 'base64') : value;
      continue;
    }
    const here = mapOf(target).get(value);
    // History may name what is gone: `sistema`, a person or an execution whose time of keeping was over.
    if (here === undefined && column.notNull) throw faultAt(n, `linha.${key}`, `names nothing of ${target}`);
    row[key] = here ?? (target === 'users' ? value : null);
  }
  return row;
}

/** What cannot go on in another installation, made to rest. */
const settled: Readonly<Record<string, (row: Row, now: number) => Row>> = {
  orgs: (row, now) => ({ ...row, importando_desde: now }),
  users: (row) => ({ ...row, senha: null, plataforma: false }),
  // Nothing is offered before a birth, which finds another epoch here and sends the journal again.
  devices: (row) => ({
    ...row,
    ...{ presence: 'never', presence_desde: null, boot_id: null, session: null, birth: [], birth_epoch: '' },
    ...{ config_reportada: [], journal_id: null, boot_anterior: null, journal_anterior: null, alertas: [] },
  }),
  frascos: (row) => ({ ...row, reservado_mg: 0 }),
  job_items: (row) => ({ ...row, reservado_mg: 0 }),
  commands: (row) => ({ ...row, estado: row.estado === 'enviado' ? 'expirado' : row.estado }),
  jobs: (row, now) => {
    const job = row as unknown as Job;
    if (isTerminal(job.status)) return row;
    return {
      ...row,
      status: finalStatus(job, job.total_itens),
      ...{ fase: 'terminado', motivo: 'importado', terminado_em: now, sem_noticias: false },
      ...{ fechado_a_forca: true, cancel_id: null, versao: job.versao + 1, evento: job.evento + 1 },
      itens_cancelados: job.total_itens - job.itens_completados - job.itens_falhados,
    };
  },
};

function requireWholeJob({ n }: ArchiveRow, job: Job): void {
  const counts = [job.itens_completados, job.itens_falhados, job.itens_cancelados];
  const isWhole = counts.every((count) => count >= 0) && counts.reduce((a, b) => a + b) === job.total_itens;
  if (!isWhole) throw faultAt(n, 'linha.total_itens', 'is not the sum of the counts of items');
}

/**
 * Holds a row of the audit against the chain it came in, and chains it anew: under the same org id the hashes
 * stay the same.
 */
function chained(
  { n, linha }: ArchiveRow,
  row: StoredAudit,
  chain: { came: ReturnType<typeof followChain>; now: string | undefined },
  from: string,
): Row {
  if (!chain.came.take({ ...(linha as StoredAudit), org_id: from }))
    throw faultAt(n, 'linha.hash', 'the chain of the audit is broken here');
  // The first of a chain whose oldest acts were forgotten starts with what the act that forgot them names.
  const next = { ...row, prev: chain.now ?? row.prev };
  const hash = hashOf(next);
  chain.now = hash;
  return { ...next, hash };
}

function rowFault({ n, tabela }: ArchiveRow, error: unknown): unknown {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: string } | null)?.code ?? '';
  if (!code.startsWith('SQLITE_CONSTRAINT')) return error;
  return faultAt(n, `linha (${tabela})`, 'stands twice, or names something that is not in the archive');
}
