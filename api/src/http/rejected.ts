import { EpochMs, Id } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { needs, person } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { pageSize, query, rowsOf } from './validate.ts';

const RejectedMessage = v.object({
  id: v.number(),
  device: Id,
  topic: v.string(),
  code: v.string(),
  detalhe: v.string(),
  /** The first KiB as text; what is not UTF-8 is shown as U+FFFD. */
  inicio: v.string(),
  tamanho: v.number(),
  vezes: v.number(),
  primeira_em: EpochMs,
  ultima_em: EpochMs,
});

/** Messages of devices that could not be stored, for a person to look at. */
export function rejectedRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>().get(
    '/api/rejected-messages',
    describe('devices', 'Messages of devices that were put aside, newest first', {
      answer: rowsOf(RejectedMessage),
    }),
    needs('devices:manage'),
    query({ limit: pageSize }),
    async (c) => {
      const rows = await deps.store.rejectedMessages(person(c).org, c.req.valid('query').limit);
      return c.json({
        rows: rows.map(({ org_id, digest, inicio, ...row }) => ({ ...row, inicio: inicio.toString('utf8') })),
        proximo: null,
      });
    },
  );
}
