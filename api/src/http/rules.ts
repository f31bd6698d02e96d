import { AppError, ApprovalLimits, ApprovalLimitsIn, gFromMg, Id, mgFromG } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { actOf } from '../flows/actor.ts';
import { personOf } from '../flows/save-user.ts';
import { actorOf, needs, person, personActor, signedIn } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, idParam } from './validate.ts';

const Devices = v.object({ devices: v.pipe(v.array(Id), v.maxLength(200)) });

/** What holds a job for approval beside the org's rule, and which devices a person may work with. */
export function ruleRoutes(deps: HttpDeps): Routes {
  const limitsOf = async (org: string): Promise<ApprovalLimits> => {
    const { acimaMg, acimaMilesimos, alergenos, proprios } = await deps.store.approvalLimits(org);
    return {
      acima_g: acimaMg === null ? null : gFromMg(acimaMg),
      acima_multiplicador: acimaMilesimos === null ? null : acimaMilesimos / 1_000,
      alergenos: [...alergenos],
      proprios,
    };
  };

  return new Hono<Env>()
    .get(
      '/api/org/approval',
      describe(
        'people',
        'What makes a job wait for approval, whoever orders it, and whether one may approve what one ordered',
        { answer: ApprovalLimits },
      ),
      signedIn(),
      async (c) => c.json(await limitsOf(person(c).org)),
    )
    .put(
      '/api/org/approval',
      describe('people', 'Set what makes a job wait for approval', { answer: ApprovalLimits }),
      needs('org:manage'),
      body(ApprovalLimitsIn),
      async (c) => {
        const { org, by } = actorOf(c);
        const { acima_g, acima_multiplicador, alergenos, proprios } = c.req.valid('json');
        const stored = {
          acimaMg: acima_g === null ? null : mgFromG(acima_g),
          acimaMilesimos: acima_multiplicador === null ? null : Math.round(acima_multiplicador * 1_000),
          alergenos,
          proprios: proprios ?? (await deps.store.approvalLimits(org)).proprios,
        };
        await deps.store.saveApprovalLimits(org, stored, actOf(deps, by));
        return c.json(await limitsOf(org));
      },
    )
    .get(
      '/api/users/:user/devices',
      describe('people', 'Devices a person is limited to; empty when all are theirs to use', {
        answer: Devices,
        errors: ['not_found'],
      }),
      needs('people:manage'),
      async (c) => {
        const { org_id, user_id } = await personOf(deps, personActor(c), idParam(c, 'user'));
        return c.json({ devices: await deps.store.devicesOf(org_id, user_id) });
      },
    )
    .put(
      '/api/users/:user/devices',
      describe('people', 'Limit a person to some devices; an empty list takes the limit away', {
        answer: Devices,
        errors: ['not_found'],
      }),
      needs('people:manage'),
      body(Devices),
      async (c) => {
        const { org, by } = actorOf(c);
        const { user_id: user } = await personOf(deps, personActor(c), idParam(c, 'user'));
        if (user === by.user && !by.permissions.includes('org:own'))
          throw new AppError('forbidden', 'Nobody lifts a limit that was put on themselves');
        await deps.store.limitDevices(org, user, c.req.valid('json').devices, actOf(deps, by));
        return c.json({ devices: await deps.store.devicesOf(org, user) });
      },
    );
}
