import { TokenCreated, TokenIn, TokenRow } from '@yaguts/shared';
import { Hono } from 'hono';
import { issueToken, revokeToken } from '../flows/issue-token.ts';
import { person, signedIn } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, rowsOf } from './validate.ts';

/** Personal access tokens: each person sees, makes and revokes their own. */
export function tokenRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get(
      '/api/tokens',
      describe('people', 'The own tokens', { answer: rowsOf(TokenRow) }),
      signedIn(),
      async (c) => {
        const { org, user } = person(c);
        return c.json({ rows: await tokensOf(deps, org, user), proximo: null });
      },
    )
    .post(
      '/api/tokens',
      describe('people', 'Make a token, shown once; it carries all of the own rights, or those named', {
        answer: TokenCreated,
        status: 201,
      }),
      signedIn(),
      body(TokenIn),
      async (c) =>
        c.json(
          await issueToken(deps, { ...person(c), endereco: c.get('address') }, c.req.valid('json')),
          201,
        ),
    )
    .delete(
      '/api/tokens/:id',
      describe('people', 'Revoke a token; its connections are closed', { errors: ['not_found'] }),
      signedIn(),
      async (c) => {
        await revokeToken(deps, { ...person(c), endereco: c.get('address') }, c.req.param('id'));
        return c.body(null, 204);
      },
    );
}

/** The live tokens of a person. */
export async function tokensOf(
  deps: Pick<HttpDeps, 'store'>,
  org: string,
  user: string,
): Promise<TokenRow[]> {
  const rows = await deps.store.listTokens(org, user);
  return rows.map((row) => ({ ...row, permissoes: [...row.permissoes] }));
}
