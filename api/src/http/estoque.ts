import { AppError, EstoqueState, Frasco, Id, Movimento, MovimentoIn } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { moveEstoque } from '../flows/move-estoque.ts';
import { actorOf, needs, person } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, cursorNumber, pageOfRows, pageSize, query, queryNumber, rowsOf } from './validate.ts';

/** Grams in the frascos, and the ledger behind them. */
export function estoqueRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get(
      '/api/estoque',
      describe('estoque', 'What every frasco holds, as on the topics', {
        answer: rowsOf(EstoqueState),
        errors: ['not_found'],
      }),
      needs('estoque:view'),
      query({ device: v.optional(Id) }),
      async (c) => {
        const { org } = person(c);
        const { device } = c.req.valid('query');
        const known = await deps.store.deviceIds(org);
        if (device !== undefined && !known.includes(device)) throw new AppError('not_found');
        const wanted = device === undefined ? known : [device];
        const rows = await Promise.all(wanted.map((id) => deps.store.estoqueStates(org, id)));
        return c.json({ rows: rows.flat(), proximo: null });
      },
    )
    .get(
      '/api/estoque/movimentos',
      describe('estoque', 'The ledger, newest first', { answer: rowsOf(Movimento) }),
      needs('estoque:view'),
      query({
        device: v.optional(Id),
        frasco: v.optional(v.pipe(queryNumber(1, 24), Frasco)),
        limit: pageSize,
        cursor: cursorNumber,
      }),
      async (c) => {
        const { cursor, ...filter } = c.req.valid('query');
        const rows = await deps.store.listMovimentos(person(c).org, { ...filter, before: cursor });
        return c.json(pageOfRows(rows, filter.limit, (row) => row.id));
      },
    )
    .post(
      '/api/estoque/movimentos',
      describe('estoque', 'Refill, correct by weight, or undo a movement', {
        answer: Movimento,
        status: 201,
        errors: ['not_found', 'conflict'],
      }),
      needs('estoque:edit'),
      body(MovimentoIn),
      async (c) => c.json(await moveEstoque(deps, { ...actorOf(c), body: c.req.valid('json') }), 201),
    );
}
