import * as v from 'valibot';
import type { Fault } from './errors.ts';
import { type PayloadOf, type TopicKey, topics } from './topics.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const refuse = (message: string): { ok: false; faults: Fault[] } => ({
  ok: false,
  faults: [{ path: '', message }],
});

/**
 * Reads a payload by the schema of its row. Never throws: wrong UTF-8, JSON, types and sizes come back as
 * faults with their path.
 */
export function decode<K extends TopicKey>(key: K, payload: Uint8Array | string): Decoded<PayloadOf<K>> {
  const row = topics[key];
  if (payload.length > row.maxBytes)
    return refuse(`payload of ${payload.length} bytes; at most ${row.maxBytes}`);
  let json: unknown;
  try {
    json = JSON.parse(typeof payload === 'string' ? payload : utf8.decode(payload));
  } catch (error) {
    return refuse(error instanceof SyntaxError ? 'not valid JSON' : 'not valid UTF-8');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return refuse('not a JSON object');
  const result = v.safeParse(row.schema as v.GenericSchema, json);
  if (result.success) return { ok: true, value: result.output as PayloadOf<K> };
  return { ok: false, faults: faultsOf(result.issues) };
}

/** The payload of a row as JSON text; a wrong shape is a compile error, so it is not checked again here. */
export function encode<K extends TopicKey>(_key: K, payload: PayloadOf<K>): string {
  return JSON.stringify(payload);
}

/** Paths and messages of valibot issues, as they go into a problem document. */
export function faultsOf(issues: readonly v.BaseIssue<unknown>[]): Fault[] {
  return issues.slice(0, 32).map((issue) => ({ path: v.getDotPath(issue) ?? '', message: issue.message }));
}
