import { AppError, faultsOf, idPattern, limits, pageOf } from '@yaguts/shared';
import type { Context, MiddlewareHandler } from 'hono';
import * as v from 'valibot';
import { documented, jsonSchema, lateSchema, problems } from './describe.ts';
import type { Env } from './env.ts';
import { isJson } from './guard.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a body that must be a JSON object in UTF-8 and fit the schema. No body counts as `{}`, so that routes
 * whose fields are all optional need none.
 *
 * @throws AppError "unsupported_media", "bad_json", "invalid" with each fault
 */
export function body<S extends v.GenericSchema>(
  schema: S,
): MiddlewareHandler<Env, string, { in: { json: v.InferInput<S> }; out: { json: v.InferOutput<S> } }> {
  const read: MiddlewareHandler<Env> = async (c, next) => {
    const bytes = c.get('body');
    const isEmpty = bytes === undefined || bytes.byteLength === 0;
    if (!isEmpty && !isJson(c)) throw new AppError('unsupported_media');
    const result = v.safeParse(schema, isEmpty ? {} : parseObject(bytes));
    if (!result.success) throw new AppError('invalid', undefined, { faults: faultsOf(result.issues) });
    c.req.addValidatedData('json', result.output as object);
    await next();
  };
  return documented(read as ReturnType<typeof body<S>>, {
    requestBody: { content: { 'application/json': lateSchema(schema, 'input') } },
    responses: problems('bad_json', 'too_large', 'unsupported_media', 'invalid'),
  });
}

function parseObject(bytes: Uint8Array): object {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new AppError(
      'bad_json',
      error instanceof SyntaxError ? 'The body is not valid JSON' : 'The body is not valid UTF-8',
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError('bad_json', 'The body must be a JSON object');
  return value;
}

/** Reads the query. Every value arrives as text, so the schema says what it becomes; unknown names are faults. */
export function query<E extends v.ObjectEntries>(
  entries: E,
): MiddlewareHandler<
  Env,
  string,
  {
    in: { query: v.InferInput<v.ObjectSchema<E, undefined>> };
    out: { query: v.InferOutput<v.ObjectSchema<E, undefined>> };
  }
> {
  const schema = v.object(entries);
  const read: MiddlewareHandler<Env> = async (c, next) => {
    const given = c.req.query();
    const unknown = Object.keys(given).filter((name) => !Object.hasOwn(entries, name));
    if (unknown.length > 0)
      throw new AppError('invalid', undefined, {
        faults: unknown.map((name) => ({
          path: name,
          message: `unknown; this route knows ${Object.keys(entries).join(', ')}`,
        })),
      });
    const result = v.safeParse(schema, given);
    if (!result.success) throw new AppError('invalid', undefined, { faults: faultsOf(result.issues) });
    c.req.addValidatedData('query', result.output as object);
    await next();
  };
  const described = jsonSchema(schema, 'input') as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return documented(read as ReturnType<typeof query<E>>, {
    parameters: Object.entries(described.properties ?? {}).map(([name, property]) => ({
      name,
      in: 'query',
      required: described.required?.includes(name) ?? false,
      schema: property,
    })),
    responses: problems('invalid'),
  });
}

/** A whole number written in a query. */
export const queryNumber = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, 'must be a whole number'),
    v.transform(Number),
    v.minValue(min),
    v.maxValue(max),
  );
/** How many rows of a page, 50 when not said. */
export const pageSize = v.optional(queryNumber(1, limits.pageRows), '50');

/** Where the page before ended, when rows are numbered. */
export const cursorNumber = v.optional(queryNumber(1, Number.MAX_SAFE_INTEGER));

/** Schema of an answer of rows; short lists come whole, with `proximo` null. */
export const rowsOf = pageOf;

/** A page of rows, and the cursor of the next one when this one is full. */
export function pageOfRows<Row>(
  rows: Row[],
  limit: number,
  number: (row: Row) => number,
): { rows: Row[]; proximo: string | null } {
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return { rows, proximo: last ? String(number(last)) : null };
}

/**
 * A device, user or org id of a path. What cannot be an id is nothing of ours.
 *
 * @throws AppError "not_found"
 */
export function idParam(c: Context, name: string): string {
  const value = c.req.param(name) ?? '';
  if (!idPattern.test(value)) throw new AppError('not_found');
  return value;
}

/**
 * A row number of a path.
 *
 * @throws AppError "not_found"
 */
export function numberParam(c: Context, name: string): number {
  const value = c.req.param(name) ?? '';
  if (!/^[1-9]\d{0,14}$/.test(value)) throw new AppError('not_found');
  return Number(value);
}
