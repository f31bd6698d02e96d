import { AppError } from '@yaguts/shared';
import { eq, sql } from 'drizzle-orm';
import { finalStatus, isTerminal } from '../domain/job-status.ts';
import { type ArchiveTable, archiveTables, references } from './archive-tables.ts';
import { type Act, actRow, auditWriter } from './audit.ts';
import { followChain, hashOf, type StoredAudit } from './chain.ts';
import type { Job } from './job-rows.ts';
import type { Database, Orm } from './open.ts';
import { type ArchiveFacts, type ArchiveRow, faultAt, rowsOfArchive } from './org-import.ts';
import { audit, orgs, users } from './schema/index.ts';
import { get, type Prepared, p, type Reads, run, type Tx, wholeRow } from './transaction.ts';

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

type Row = Record<string, unknown>;

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

  function* freeUser(wanted: string): Tx<string> {
    let name = wanted;
    for (let n = 2; yield* get(userById, { user: name }); n++) {
      const tail = `-${n}`;
      name = wanted.slice(0, 36 - tail.length) + tail;
    }
    return name;
  }

  return {
    /**
     * Writes every row of a checked archive in one transaction. Numbers and user ids that are taken here get
     * new ones, wherever they are named; a job that had not ended is closed; nobody has a way in yet.
     *
     * @throws AppError "already_exists" when the org id is taken, "invalid" that names a line
     */
    importOrg: ({ file, facts, org, act }: ImportWanted): Promise<ImportMade> =>
      db.write(function* () {
        if (yield* get(orgById, { org }))
          throw new AppError('already_exists', `There is an organisation ${org} already; give another id`);
        const maps = new Map<string, Map<unknown, unknown>>();
        const mapOf = (table: string) => maps.get(table) ?? maps.set(table, new Map()).get(table)!;
        const chain = { came: followChain(), now: undefined as string | undefined };
        const usuarios: Record<string, string> = {};
        const used = new Map<string, number>();

        for (const found of rowsOfArchive(file)) {
          const writer = writers.get(found.tabela);
          if (!writer) continue;
          const { name, number } = writer.table;
          let row: Row = pointed(found, writer.table, mapOf);
          row.org_id = org;
          if (name === 'audit') row = chained(found, row as StoredAudit, chain, facts.org);
          if (name === 'users') {
            const before = String(found.linha.user_id);
            row.user_id = yield* freeUser(before);
            mapOf('users').set(before, row.user_id);
            if (row.user_id !== before) usuarios[before] = String(row.user_id);
          }
          row = (settled[name] ?? ((same) => same))(row, act.em);
          if (name === 'jobs') requireWholeJob(found, row as unknown as Job);
          try {
            if (number === undefined) yield* run(writer.insert, row);
            else mapOf(name).set(found.linha[number], yield* writer.insertNumbered(row, number, used));
          } catch (error) {
            throw rowFault(found, error);
          }
        }
        if (!(yield* get(orgById, { org })))
          throw faultAt(1, '', 'the archive has no row of its organisation');
        const { broken, head: cameHead } = chain.came.found();
        if (broken !== undefined)
          throw faultAt(1, '', `no act says that those before number ${broken} were forgotten`);
        const wrong = yield* get(wrongSaldo, { org });
        if (wrong)
          throw new AppError('invalid', undefined, {
            faults: [
              {
                path: `frascos.${wrong.device}.${wrong.frasco}`,
                message: 'its saldo is not the sum of its movements',
              },
            ],
          });
        const depois = { de: facts.org, linhas: facts.rows, usuarios, audit: cameHead };
        yield* writeAudit(org, actRow(act, 'org.import', `org:${org}`, { depois }));
        return { org, rows: facts.rows, usuarios };
      }),
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
