import { AppError, DeviceCredential, EpochMs } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { issueCredential, revokeCredential } from '../flows/issue-credential.ts';
import { requireDevice } from '../flows/job-of.ts';
import { actorOf, needs, person } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, idParam, rowsOf } from './validate.ts';

const CredentialIn = v.object({
  /** Leaves what was valid before valid, while the new one is carried to the board. */
  manter_anteriores: v.optional(v.boolean(), false),
});
const CredentialCreated = v.object({ id: v.string(), ...DeviceCredential.entries });
const CredentialRow = v.object({ id: v.string(), criado_em: EpochMs, usado_em: v.nullable(EpochMs) });

/** Credentials of a device: the secret is shown once, at its making. */
export function credentialRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get(
      '/api/devices/:id/credentials',
      describe('devices', 'Valid credentials, without their secrets', {
        answer: rowsOf(CredentialRow),
        errors: ['not_found'],
      }),
      needs('devices:manage'),
      async (c) => {
        const rows = await deps.store.listCredentials(person(c).org, idParam(c, 'id'));
        if (!rows) throw new AppError('not_found');
        return c.json({ rows, proximo: null });
      },
    )
    .post(
      '/api/devices/:id/credentials',
      describe('devices', 'Make a secret, shown once; what was valid before ends', {
        answer: CredentialCreated,
        status: 201,
        errors: ['not_found'],
      }),
      needs('devices:manage'),
      body(CredentialIn),
      async (c) => {
        const { org, by } = actorOf(c);
        const device = idParam(c, 'id');
        await requireDevice(deps, { org, by, device });
        const made = await issueCredential(
          deps,
          { org, device },
          { keep: c.req.valid('json').manter_anteriores, by },
        );
        return c.json(made, 201);
      },
    )
    .delete(
      '/api/devices/:id/credentials/:credential',
      describe('devices', 'Revoke a credential; its connection is closed', { errors: ['not_found'] }),
      needs('devices:manage'),
      async (c) => {
        const { org, by } = actorOf(c);
        const device = idParam(c, 'id');
        await requireDevice(deps, { org, by, device });
        await revokeCredential(deps, { org, device }, c.req.param('credential'), by);
        return c.body(null, 204);
      },
    );
}
