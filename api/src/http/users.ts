import { EpochMs, Id, Password, permissions, roles } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { issueLoginCode } from '../flows/issue-login-code.ts';
import { changeUser, createUser } from '../flows/save-user.ts';
import { actorOf, needs, person, signedIn } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, idParam, rowsOf } from './validate.ts';

const nome = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64));
const UserIn = v.object({ user: Id, nome, role: v.picklist(roles), password: Password });
const UserPatch = v.partial(
  v.object({ nome, role: v.picklist(roles), password: Password, desativado: v.boolean() }),
);
const UserRow = v.object({
  user: Id,
  nome: v.string(),
  role: v.picklist(roles),
  permissoes: v.array(v.picklist(permissions)),
  plataforma: v.boolean(),
  criado_em: EpochMs,
  desativado_em: v.nullable(EpochMs),
});
const LoginLink = v.object({ code: v.string(), expires_at: EpochMs });

/** People of the org. Who may not manage them sees only themselves. */
export function userRoutes(deps: HttpDeps): Routes {
  const rows = async (org: string): Promise<v.InferOutput<typeof UserRow>[]> =>
    (await deps.store.listUsers(org)).map((row) => ({
      user: row.user_id,
      nome: row.nome,
      role: row.role,
      permissoes: [...row.permissoes],
      plataforma: row.plataforma,
      criado_em: row.criado_em,
      desativado_em: row.desativado_em,
    }));
  const rowOf = async (org: string, user: string) => (await rows(org)).find((row) => row.user === user);

  return new Hono<Env>()
    .get(
      '/api/users',
      describe('people', 'People of the org; without people:manage oneself', { answer: rowsOf(UserRow) }),
      signedIn(),
      async (c) => {
        const who = person(c);
        const all = await rows(who.org);
        const managesPeople = who.permissions.includes('people:manage');
        return c.json({
          rows: managesPeople ? all : all.filter((row) => row.user === who.user),
          proximo: null,
        });
      },
    )
    .post(
      '/api/users',
      describe('people', 'Make a person', { answer: UserRow, status: 201, errors: ['already_exists'] }),
      needs('people:manage'),
      body(UserIn),
      async (c) => {
        const who = person(c);
        const input = c.req.valid('json');
        await createUser(deps, who, input);
        return c.json(await rowOf(who.org, input.user), 201);
      },
    )
    .patch(
      '/api/users/:user',
      describe('people', 'Change, disable or enable a person; other rights end their sessions', {
        answer: UserRow,
        errors: ['not_found', 'conflict'],
      }),
      needs('people:manage'),
      body(UserPatch),
      async (c) => {
        const who = person(c);
        const user = idParam(c, 'user');
        await changeUser(deps, who, user, definedOf(c.req.valid('json')));
        return c.json(await rowOf(who.org, user));
      },
    )
    .post(
      '/api/users/:user/login-code',
      describe('people', 'A one-time login code for somebody who forgot the password, one hour', {
        answer: LoginLink,
        status: 201,
        errors: ['not_found'],
      }),
      needs('org:own'),
      async (c) => c.json(await issueLoginCode(deps, { ...actorOf(c), user: idParam(c, 'user') }), 201),
    );
}

/** Without the fields that are there but undefined. */
function definedOf<T extends object>(patch: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as never;
}
