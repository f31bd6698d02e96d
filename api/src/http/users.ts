import {
  EpochMs,
  Id,
  Password,
  PermissionSet,
  PersonName,
  permissions,
  roles,
  SessionRow,
  TokenRow,
} from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { endSessions, listSessions } from '../flows/end-sessions.ts';
import { revokeToken } from '../flows/issue-token.ts';
import { issueResetCode } from '../flows/reset-password.ts';
import { changeUser, createUser, personOf } from '../flows/save-user.ts';
import { needs, person, personActor, sessionOf, signedIn } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { tokensOf } from './tokens.ts';
import { body, idParam, rowsOf } from './validate.ts';

const UserIn = v.object({
  user: Id,
  nome: PersonName,
  role: v.picklist(roles),
  permissoes: v.optional(PermissionSet, []),
  password: Password,
});
const UserPatch = v.partial(
  v.object({
    nome: PersonName,
    role: v.picklist(roles),
    permissoes: PermissionSet,
    password: Password,
    desativado: v.boolean(),
  }),
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

/** What a one-time link carries, shown once. */
export const OneTimeCode = v.object({ code: v.string(), expires_at: EpochMs });

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
        const who = personActor(c);
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
        const who = personActor(c);
        const user = idParam(c, 'user');
        await changeUser(deps, who, user, definedOf(c.req.valid('json')));
        return c.json(await rowOf(who.org, user));
      },
    )
    .post(
      '/api/users/:user/reset-code',
      describe('people', 'The code of a link with which a person chooses a new password, one hour', {
        answer: OneTimeCode,
        status: 201,
        errors: ['not_found'],
        more: 'For a person who may do less than oneself. An owner is given one by who runs the installation.',
      }),
      needs('people:manage'),
      async (c) => c.json(await issueResetCode(deps, personActor(c), idParam(c, 'user')), 201),
    )
    .get(
      '/api/users/:user/sessions',
      describe('people', 'Live browser sessions of a person', {
        answer: rowsOf(SessionRow),
        errors: ['not_found'],
      }),
      needs('people:manage'),
      async (c) => {
        const { user_id, org_id } = await personOf(deps, personActor(c), idParam(c, 'user'));
        const rows = await listSessions(deps, { org: org_id, user: user_id }, sessionOf(person(c)));
        return c.json({ rows, proximo: null });
      },
    )
    .delete(
      '/api/users/:user/sessions',
      describe('people', 'End every session of a person; their connections are closed', {
        errors: ['not_found'],
      }),
      needs('people:manage'),
      async (c) => {
        const actor = personActor(c);
        const { user_id } = await personOf(deps, actor, idParam(c, 'user'));
        await endSessions(deps, actor, user_id, { except: undefined });
        return c.body(null, 204);
      },
    )
    .get(
      '/api/users/:user/tokens',
      describe('people', 'Personal tokens of a person, without their secrets', {
        answer: rowsOf(TokenRow),
        errors: ['not_found'],
      }),
      needs('people:manage'),
      async (c) => {
        const { user_id, org_id } = await personOf(deps, personActor(c), idParam(c, 'user'));
        return c.json({ rows: await tokensOf(deps, org_id, user_id), proximo: null });
      },
    )
    .delete(
      '/api/users/:user/tokens/:id',
      describe('people', 'Revoke a token of a person; its connections are closed', { errors: ['not_found'] }),
      needs('people:manage'),
      async (c) => {
        const actor = personActor(c);
        const { user_id: user } = await personOf(deps, actor, idParam(c, 'user'));
        const { org, user: by, endereco } = actor;
        await revokeToken(deps, { org, user, by, endereco }, c.req.param('id'));
        return c.body(null, 204);
      },
    );
}

/** Without the fields that are there but undefined. */
function definedOf<T extends object>(patch: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as never;
}
