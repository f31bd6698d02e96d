import { DeviceCredential, EpochMs, Id, OrgId } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { claimByCode, issueClaimCode } from '../flows/claim-device.ts';
import { moveDevice } from '../flows/move-device.ts';
import { networkOf } from '../identity/network.ts';
import { actorOf, needs, open, platformOnly } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, idParam } from './validate.ts';

/** As people type it: capitals, spaces and hyphens do not matter. */
const ClaimIn = v.object({ code: v.pipe(v.string(), v.maxLength(64)) });
const ClaimCode = v.object({ code: v.string(), expires_at: EpochMs });
const MoveIn = v.object({
  org: OrgId,
  /** Its id over there; the same when left out. */
  device: v.optional(Id),
});
const Moved = v.object({ org: Id, device: Id, ...ClaimCode.entries });

/** How a board comes to its credential, and to another org. */
export function claimRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .post(
      '/api/devices/claim',
      describe('devices', 'Trade a one-time code for the credential of its device, shown once', {
        answer: DeviceCredential,
        errors: ['not_found', 'rate_limited'],
        more: 'The same as over MQTT with user and client id `claim.{code}`, for a board that speaks HTTP only.',
      }),
      open(),
      body(ClaimIn),
      async (c) => {
        const network = networkOf(c.get('address'));
        deps.rates.claim.take(network);
        const claimed = await claimByCode(deps, c.req.valid('json').code);
        // A good code costs nothing: a whole kitchen may be set up from one address.
        deps.rates.claim.give(network);
        return c.json(claimed);
      },
    )
    .post(
      '/api/devices/:id/claim-code',
      describe('devices', 'A one-time code that a new board trades for its credential, one hour', {
        answer: ClaimCode,
        status: 201,
        errors: ['not_found'],
        more: 'A code made before for the same device ends.',
      }),
      needs('devices:manage'),
      async (c) => c.json(await issueClaimCode(deps, { ...actorOf(c), device: idParam(c, 'id') }), 201),
    )
    .post(
      '/api/devices/:id/move',
      describe('devices', 'Move a device of the own org to another one; its history stays here', {
        answer: Moved,
        status: 201,
        errors: ['not_found', 'already_exists', 'ocupado'],
        more: 'For the platform operator. The board needs the claim code in the answer: what it holds ends.',
      }),
      platformOnly(),
      body(MoveIn),
      async (c) =>
        c.json(
          await moveDevice(deps, { ...actorOf(c), device: idParam(c, 'id'), to: c.req.valid('json') }),
          201,
        ),
    );
}
