import { AppError, Receita, ReceitaIn, Tempero, TemperoIn } from '@yaguts/shared';
import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import { removeReceita, saveReceita } from '../flows/save-receita.ts';
import { removeTempero, saveTempero } from '../flows/save-tempero.ts';
import { actorOf, needs, person } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, numberParam, rowsOf } from './validate.ts';

/** Temperos and receitas. */
export function kitchenRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get(
      '/api/temperos',
      describe('kitchen', 'Temperos by name', { answer: rowsOf(Tempero) }),
      needs('jobs:view'),
      async (c) => c.json({ rows: await deps.store.listTemperos(person(c).org), proximo: null }),
    )
    .post(
      '/api/temperos',
      describe('kitchen', 'Make a tempero', { answer: Tempero, status: 201, errors: ['already_exists'] }),
      needs('receitas:edit'),
      body(TemperoIn),
      async (c) =>
        c.json(await saveTempero(deps, { ...actorOf(c), id: null, body: c.req.valid('json') }), 201),
    )
    .put(
      '/api/temperos/:id',
      describe('kitchen', 'Change a tempero; a new name reaches the devices that hold it', {
        answer: Tempero,
        errors: ['not_found', 'already_exists'],
      }),
      needs('receitas:edit'),
      body(TemperoIn),
      async (c) =>
        c.json(
          await saveTempero(deps, { ...actorOf(c), id: numberParam(c, 'id'), body: c.req.valid('json') }),
        ),
    )
    .delete(
      '/api/temperos/:id',
      describe('kitchen', 'Remove a tempero that no receita and no frasco uses', {
        errors: ['not_found', 'conflict'],
      }),
      needs('receitas:edit'),
      async (c) => {
        await removeTempero(deps, { ...actorOf(c), id: numberParam(c, 'id') });
        return c.body(null, 204);
      },
    )
    .get(
      '/api/receitas',
      describe('kitchen', 'Receitas by name, with the devices that could pour each now', {
        answer: rowsOf(Receita),
      }),
      needs('jobs:view'),
      async (c) => c.json({ rows: await deps.store.listReceitas(person(c).org, deps.now()), proximo: null }),
    )
    .post(
      '/api/receitas',
      describe('kitchen', 'Make a receita', { answer: Receita, status: 201, errors: ['already_exists'] }),
      needs('receitas:edit'),
      body(ReceitaIn),
      async (c) =>
        c.json(await saveReceita(deps, { ...actorOf(c), id: null, body: c.req.valid('json') }), 201),
    )
    .get(
      '/api/receitas/:id',
      describe('kitchen', 'A receita; ETag is its version', { answer: Receita, errors: ['not_found'] }),
      needs('jobs:view'),
      async (c) => {
        const found = await deps.store.findReceita(person(c).org, numberParam(c, 'id'), deps.now());
        if (!found) throw new AppError('not_found');
        c.header('ETag', `"${found.versao}"`);
        return c.json(found);
      },
    )
    .put(
      '/api/receitas/:id',
      describe('kitchen', 'Write a new version; jobs keep what was frozen into them', {
        answer: Receita,
        errors: ['not_found', 'already_exists', 'stale'],
        more: 'With `If-Match: "{versao}"` it is refused as `stale` when somebody else has written since.',
      }),
      needs('receitas:edit'),
      body(ReceitaIn),
      async (c) =>
        c.json(
          await saveReceita(deps, {
            ...actorOf(c),
            id: numberParam(c, 'id'),
            body: c.req.valid('json'),
            versao: versionRead(c),
          }),
        ),
    )
    .delete(
      '/api/receitas/:id',
      describe('kitchen', 'Remove a receita; its jobs and history stay', { errors: ['not_found'] }),
      needs('receitas:edit'),
      async (c) => {
        await removeReceita(deps, { ...actorOf(c), id: numberParam(c, 'id') });
        return c.body(null, 204);
      },
    );
}

/** The version that the caller has read, by `If-Match`. */
function versionRead(c: Context<Env>): number | undefined {
  const header = c.req.header('if-match');
  if (header === undefined || header === '*') return undefined;
  const written = v.safeParse(v.pipe(v.string(), v.regex(/^"\d{1,9}"$/)), header);
  if (!written.success)
    throw new AppError('invalid', undefined, { faults: [{ path: 'If-Match', message: 'write "{versao}"' }] });
  return Number(written.output.slice(1, -1));
}
