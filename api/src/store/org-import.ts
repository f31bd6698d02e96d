import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { StringDecoder } from 'node:string_decoder';
import { AppError, faultsOf, OrgId } from '@yaguts/shared';
import * as v from 'valibot';
import { ArchiveEnd, ArchiveHead, ArchiveLine, archiveTables } from './archive-tables.ts';

/**
 * Ten years of thirty executions a day. More is a bomb, or would hold up the other organisations of this
 * installation longer than their devices' keepalive allows.
 */
export const archiveCaps = {
  packedBytes: 64 * 1_024 * 1_024,
  plainBytes: 512 * 1_024 * 1_024,
  lineBytes: 64 * 1_024,
  rows: 500_000,
  /** Objects and lists in each other. */
  depth: 16,
} as const;

export interface ArchiveFacts {
  readonly org: string;
  readonly rows: number;
}

/** A row that fits its table; values are as the archive writes them. */
export interface ArchiveRow {
  readonly n: number;
  readonly tabela: string;
  readonly linha: Record<string, unknown>;
}

const byName = new Map(archiveTables.map((table) => [table.name, table]));

/**
 * Reads a whole unpacked archive and holds every line against the schema, before anything is written.
 *
 * @throws AppError "invalid" that names the line and what is wrong with it
 */
export async function checkArchive(file: string): Promise<ArchiveFacts> {
  const digest = createHash('sha256');
  let head: v.InferOutput<typeof ArchiveHead> | undefined;
  let end: v.InferOutput<typeof ArchiveEnd> | undefined;
  let n = 0;
  let rows = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    n++;
    if (end) throw faultAt(n, '', 'stands after the end of the archive');
    const value = parse(text, n);
    if (!head) {
      head = check(ArchiveHead, value, n);
      check(OrgId, head.org, n, 'org');
    } else if (typeof value === 'object' && value !== null && 'fim' in value)
      end = check(ArchiveEnd, value, n);
    else {
      const row = readRow(value, n);
      if (row.linha.org_id !== head.org) throw faultAt(n, 'linha.org_id', 'belongs to another organisation');
      if (++rows > archiveCaps.rows) throw faultAt(n, '', `an archive has at most ${archiveCaps.rows} rows`);
    }
    if (!end) digest.update(`${text}\n`);
  }
  if (!head || !end) throw faultAt(n, '', 'the archive is cut off: its last line is missing');
  if (end.linhas !== rows) throw faultAt(n, 'linhas', `says ${end.linhas} rows; there are ${rows}`);
  if (end.sha256 !== digest.digest('hex')) throw faultAt(n, 'sha256', 'the archive was changed or damaged');
  return { org: head.org, rows };
}

/**
 * The rows of an archive that {@link checkArchive} has let through, read while a transaction waits. Columns
 * that are younger than the archive are missing.
 */
export function* rowsOfArchive(file: string): Generator<ArchiveRow> {
  let n = 0;
  for (const text of linesSync(file)) {
    n++;
    // Held against the schema before; twice would double the time for which everybody else waits.
    const value = JSON.parse(text) as Omit<ArchiveRow, 'n'> | { readonly fim: true };
    if (n > 1 && 'linha' in value) yield { n, ...value };
  }
}

function* linesSync(file: string): Generator<string> {
  const descriptor = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(256 * 1_024);
    const utf8 = new StringDecoder('utf8');
    let rest = '';
    for (let size = readSync(descriptor, chunk); size > 0; size = readSync(descriptor, chunk)) {
      const lines = (rest + utf8.write(chunk.subarray(0, size))).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest) yield rest;
  } finally {
    closeSync(descriptor);
  }
}

function readRow(value: unknown, n: number): ArchiveRow {
  const { tabela, linha } = check(ArchiveLine, value, n);
  const table = byName.get(tabela);
  if (!table) throw faultAt(n, 'tabela', 'is unknown');
  return { n, tabela, linha: check(table.row, linha, n, 'linha') };
}

function parse(text: string, n: number): unknown {
  if (isDeep(text)) throw faultAt(n, '', `is nested deeper than ${archiveCaps.depth}`);
  try {
    return JSON.parse(text);
  } catch {
    throw faultAt(n, '', 'is not JSON');
  }
}

/** Counted before parsing, brackets inside texts left out. */
function isDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (inText) {
      if (letter === '\\') i++;
      else if (letter === '"') inText = false;
    } else if (letter === '"') inText = true;
    else if (letter === '{' || letter === '[') {
      if (++depth > archiveCaps.depth) return true;
    } else if (letter === '}' || letter === ']') depth--;
  }
  return false;
}

function check<S extends v.GenericSchema>(schema: S, value: unknown, n: number, at = ''): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const fault = faultsOf(result.issues)[0];
  throw faultAt(n, [at, fault?.path].filter(Boolean).join('.'), fault?.message ?? 'does not fit');
}

/** @param n the number of the line in the archive, from 1 */
export const faultAt = (n: number, path: string, message: string): AppError =>
  new AppError('invalid', 'The archive cannot be taken; nothing was changed', {
    faults: [{ path: path ? `linha ${n}: ${path}` : `linha ${n}`, message }],
  });
