import { toJsonSchema } from '@valibot/to-json-schema';
import { type ErrorCode, errorTable } from '@yaguts/shared';
import type { MiddlewareHandler } from 'hono';
import { type DescribeRouteOptions, describeRoute, uniqueSymbol } from 'hono-openapi';
import type { GenericSchema } from 'valibot';
import type { Env } from './env.ts';

type Spec = DescribeRouteOptions;
export type JsonSchema = Record<string, unknown>;

/** The JSON Schema of a valibot schema: of what may be sent (`input`) or of what comes back (`output`). */
export function jsonSchema(schema: GenericSchema, mode: 'input' | 'output'): JsonSchema {
  // Checks that JSON Schema cannot say (bytes of a name, two fields together) stay in the schema alone.
  const { $schema, ...rest } = toJsonSchema(schema, {
    errorMode: 'ignore',
    typeMode: mode,
    target: 'draft-2020-12',
  }) as JsonSchema;
  return rest;
}

/** A media type whose JSON Schema is written when somebody asks for the document: a start need not wait for a hundred. */
export function lateSchema(schema: GenericSchema, mode: 'input' | 'output'): { readonly schema: JsonSchema } {
  return {
    get schema() {
      return jsonSchema(schema, mode);
    },
  };
}

/** Gives a middleware its part of the OpenAPI operation, so that what guards a route also documents it. */
export function documented<M extends MiddlewareHandler>(middleware: M, spec: Spec): M {
  return Object.assign(middleware, { [uniqueSymbol]: { spec } });
}

/** The answers of failures, by HTTP status; several codes may share one. */
export function problems(...codes: readonly ErrorCode[]): NonNullable<Spec['responses']> {
  const responses: NonNullable<Spec['responses']> = {};
  for (const status of new Set(codes.map((code) => errorTable[code].status))) {
    const own = codes.filter((code) => errorTable[code].status === status);
    responses[String(status)] = {
      description: own.map((code) => `\`${code}\`: ${errorTable[code].title}`).join('. '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return responses;
}

/**
 * Documents a route. What its guards and validators know (rights, body, query) they add themselves.
 *
 * @param answer schema of the answer; without one the answer has no body
 */
export function describe(
  tag: string,
  summary: string,
  options: {
    readonly answer?: GenericSchema;
    readonly status?: number;
    /** Media types of the answer; several where a query chooses one. */
    readonly media?: string | readonly string[];
    readonly errors?: readonly ErrorCode[];
    readonly more?: string;
  } = {},
): MiddlewareHandler<Env> & { readonly answer: GenericSchema | undefined } {
  const { answer, status = answer || options.media ? 200 : 204, media = 'application/json' } = options;
  const middleware = describeRoute({
    tags: [tag],
    summary,
    ...(options.more !== undefined && { description: options.more }),
    responses: {
      [String(status)]: {
        description: status === 204 ? 'Done' : 'The answer',
        ...(status !== 204 && {
          content: Object.fromEntries(
            [media].flat().map((type) => [type, answer ? lateSchema(answer, 'output') : {}]),
          ),
        }),
      },
      ...problems(...(options.errors ?? [])),
    },
  });
  // Tests hold every answer against it.
  return Object.assign(middleware, { answer });
}
