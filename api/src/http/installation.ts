import { OperatorRow } from '@yaguts/shared';
import { Hono } from 'hono';
import { setOperator } from '../flows/manage-operators.ts';
import { issueOwnerCode } from '../flows/reset-password.ts';
import { personActor, platformOnly } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { OneTimeCode } from './users.ts';
import { idParam, rowsOf } from './validate.ts';

/** Who runs the installation. */
export function installationRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get(
      '/api/installation/operators',
      describe('orgs', 'People who run the installation', { answer: rowsOf(OperatorRow) }),
      platformOnly(),
      async (c) => {
        const rows = (await deps.store.listOperators()).map(({ user_id, org_id, nome }) => ({
          user: user_id,
          nome,
          org: org_id,
        }));
        return c.json({ rows, proximo: null });
      },
    )
    .put(
      '/api/installation/operators/:user',
      describe('orgs', 'Let a person of any organisation run the installation', { errors: ['not_found'] }),
      platformOnly(),
      async (c) => {
        await setOperator(deps, personActor(c), idParam(c, 'user'), true);
        return c.body(null, 204);
      },
    )
    .delete(
      '/api/installation/operators/:user',
      describe('orgs', 'Take that from them; one always stays', { errors: ['not_found', 'conflict'] }),
      platformOnly(),
      async (c) => {
        await setOperator(deps, personActor(c), idParam(c, 'user'), false);
        return c.body(null, 204);
      },
    )
    .post(
      '/api/installation/owners/:user/reset-code',
      describe('orgs', 'The code of a link with which an owner chooses a new password, one hour', {
        answer: OneTimeCode,
        status: 201,
        errors: ['not_found'],
        more: 'Any owner of any organisation who does not run the installation too: nobody of theirs may make it.',
      }),
      platformOnly(),
      async (c) => c.json(await issueOwnerCode(deps, personActor(c), idParam(c, 'user')), 201),
    );
}
