import {
  limits,
  type Permission,
  permissions,
  type RetentionKind,
  retentionDays,
  roles,
} from '@yaguts/shared';
import { type Column, getTableColumns, getTableName, is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import * as v from 'valibot';
import * as schema from './schema/index.ts';

/**
 * What of an org an archive holds, read from the schema itself: a new table of an org is in it unless it is
 * named here as left out. Rows are written column by column under their own names.
 */
export interface ArchiveTable {
  readonly name: string;
  readonly table: SQLiteTable;
  readonly columns: Readonly<Record<string, Column>>;
  /** The row number, given anew where it is taken; undefined for tables with keys of their own. */
  readonly number: string | undefined;
  /** What one row of it looks like. */
  readonly row: v.GenericSchema<unknown, Record<string, unknown>>;
}

/** Ways in (they would open the other installation too) and answers kept for a day. */
const leftOut: ReadonlySet<string> = new Set([
  'sessions',
  'mqtt_tokens',
  'tokens',
  'codes',
  'invites',
  'device_credentials',
  'idempotency',
]);

/** Columns that name a row of another table of the archive, by their name alone wherever they stand. */
export const references: Readonly<Record<string, string>> = {
  user_id: 'users',
  por: 'users',
  criado_por: 'users',
  aprovado_por: 'users',
  tempero_id: 'temperos',
  receita_id: 'receitas',
  job_id: 'jobs',
  origem_job_id: 'jobs',
  estorna: 'estoque_mov',
};

const text = v.pipe(v.string(), v.maxLength(8_192));
const words = v.pipe(v.array(v.pipe(v.string(), v.maxLength(256))), v.maxLength(64));
const sets = v.array(v.picklist(permissions as readonly Permission[]));
const object = v.record(v.string(), v.unknown());
const anything = v.union([object, v.array(v.unknown())]);
/** JSON columns by name; what is not named may be any object or list. */
const jsonColumns: Readonly<Record<string, v.GenericSchema>> = {
  ...{ permissoes: sets, alergenos: words, tags: words, espera: words },
  ...{ params: object, data: object, prefs: object },
};
const statuses = ['queued', 'running', 'done', 'done_partial', 'failed', 'canceled'] as const;
const wordColumns: Readonly<Record<string, v.GenericSchema>> = {
  'users.role': v.picklist(roles),
  'jobs.status': v.picklist(statuses),
};

const boundsOf = (kind: RetentionKind): readonly [min: number, max: number] => {
  const { min, max } = retentionDays[kind];
  return [min, max];
};

/** Whole numbers that a device or a kitchen could not have; 1,000 kg as everywhere on the wire. */
const maxMg = 1_000_000_000;
const ranges: Readonly<Record<string, readonly [min: number, max: number]>> = {
  'frascos.frasco': [1, limits.maxFrascos],
  'frascos.min_ms': [0, limits.maxStepMs],
  'frascos.max_ms': [1, limits.maxStepMs],
  'frascos.ug_por_s': [1, maxMg],
  'receita_itens.item_ordem': [1, limits.maxItens],
  'receita_itens.quantidade_mg': [0, maxMg],
  'job_items.item_ordem': [1, limits.maxItens],
  'job_items.quantidade_mg': [0, maxMg],
  'job_items.ms': [0, limits.maxStepMs],
  'execution_logs.quantidade_mg': [0, maxMg],
  'estoque_mov.quantidade_mg': [-maxMg, maxMg],
  'jobs.total_itens': [0, limits.maxItens],
  'orgs.limite_multiplicador_milesimos': [1, limits.maxMultiplicador * 1_000],
  'orgs.retencao_dias': boundsOf('execucoes'),
  'orgs.retencao_avisos_dias': boundsOf('avisos'),
  'orgs.retencao_comandos_dias': boundsOf('comandos'),
  'orgs.retencao_rejeitadas_dias': boundsOf('rejeitadas'),
  'orgs.retencao_auditoria_dias': boundsOf('auditoria'),
};
const wholeNumber = (place: string): v.GenericSchema => {
  const [min, max] = ranges[place] ?? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  return v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max));
};

function columnSchema(table: string, column: Column): v.GenericSchema {
  const schemaOf = (): v.GenericSchema => {
    if (column.dataType === 'json') return jsonColumns[column.name] ?? anything;
    if (column.dataType === 'boolean') return v.boolean();
    if (column.dataType === 'number') return wholeNumber(`${table}.${column.name}`);
    if (column.dataType === 'buffer') return v.pipe(v.string(), v.base64(), v.maxLength(8_192));
    if (column.enumValues) return v.picklist(column.enumValues);
    return wordColumns[`${table}.${column.name}`] ?? text;
  };
  if (!column.notNull && !column.primary) return v.optional(v.nullable(schemaOf()), null);
  // An archive of before this column was there.
  return column.default === undefined ? schemaOf() : v.optional(schemaOf(), column.default as never);
}

function describe(table: SQLiteTable): ArchiveTable {
  const name = getTableName(table);
  const columns = getTableColumns(table) as Readonly<Record<string, Column>>;
  const number = Object.values(columns).find(
    (column) => (column as Column & { autoIncrement?: boolean }).autoIncrement === true,
  );
  const entries = Object.fromEntries(
    Object.entries(columns).map(([key, column]) => [key, columnSchema(name, column)]),
  );
  return { name, table, columns, number: number?.name, row: v.strictObject(entries) };
}

/** Tables that rows of this one point at, by foreign key or by the name of a column. */
function parents({ table, name, columns }: ArchiveTable): Set<string> {
  const keys = getTableConfig(table).foreignKeys.map((key) => getTableName(key.reference().foreignTable));
  const named = Object.keys(columns).flatMap((column) => references[column] ?? []);
  return new Set([...keys, ...named].filter((parent) => parent !== name));
}

function inOrder(tables: readonly ArchiveTable[]): ArchiveTable[] {
  const sorted: ArchiveTable[] = [];
  const left = new Map(tables.map((table) => [table.name, table]));
  while (left.size > 0) {
    const ready = [...left.values()].find((table) => ![...parents(table)].some((name) => left.has(name)));
    if (!ready) throw new Error(`the tables ${[...left.keys()].join(', ')} point at each other in a circle`);
    left.delete(ready.name);
    sorted.push(ready);
  }
  return sorted;
}

/** Every table whose rows belong to an org, those left out of archives too: what a wipe empties. */
export const orgTables: readonly ArchiveTable[] = inOrder(
  Object.values(schema)
    .flatMap((value): SQLiteTable[] => (is(value, SQLiteTable) ? [value] : []))
    .filter((table) => 'org_id' in getTableColumns(table))
    .map(describe),
);

/** The tables of an archive; whatever a row points at stands before it. */
export const archiveTables: readonly ArchiveTable[] = orgTables.filter(({ name }) => !leftOut.has(name));

/** The first line of an archive. */
export const ArchiveHead = v.object({
  formato: v.literal('yaguts-org', 'is not an archive of an organisation'),
  versao: v.literal(1, 'was made by a newer version; this one reads version 1'),
  org: v.string(),
  plataforma: v.string(),
  exportado_em: v.number(),
});
/** One row of a table. */
export const ArchiveLine = v.strictObject({
  tabela: v.picklist(archiveTables.map(({ name }) => name)),
  linha: v.record(v.string(), v.unknown()),
});
/** The last line: how many rows there are, and SHA-256 (hex) of every line before this one. */
export const ArchiveEnd = v.object({ fim: v.literal(true), linhas: v.number(), sha256: v.string() });
