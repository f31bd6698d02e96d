import { AppError, Id, SimulateIn } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { requireDevice, requireJob } from '../flows/job-of.ts';
import { actorOf, needs } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body } from './validate.ts';

const SimulateOut = v.looseObject({
  itens_completados: v.number(),
  itens_falhados: v.number(),
  execution_logs: v.array(v.unknown()),
});

/** The test route of development and demo; elsewhere it does not exist, not even for its owner. */
export function simulateRoutes(deps: HttpDeps): Routes {
  const app = new Hono<Env>();
  const { simulate } = deps;
  if (!deps.config.development || !simulate) return app;
  return app.post(
    '/devices/test/simulate-execution',
    describe('development', 'Run a job on a simulated dispenser', {
      answer: SimulateOut,
      errors: ['not_found', 'conflict', 'timeout'],
    }),
    needs('jobs:create'),
    body(v.object({ ...SimulateIn.entries, device: v.optional(Id) })),
    async (c) => {
      const { org, by } = actorOf(c);
      const input = c.req.valid('json');
      if (input.device !== undefined) await requireDevice(deps, { org, by, device: input.device });
      if (input.job_id !== undefined) await requireJob(deps, { org, by, jobId: input.job_id });
      if (input.job_id !== undefined && !(await deps.store.jobState(org, input.job_id)))
        throw new AppError('not_found', `There is no job ${input.job_id}`);
      const { device, ...rest } = input;
      return c.json((await simulate(org, { ...rest, ...(device !== undefined && { device }) })) as object);
    },
  );
}
