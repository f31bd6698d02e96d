import { AppError, JobCompleteOut, JobCreated, JobDocument, JobIn } from '@yaguts/shared';
import { type Context, Hono } from 'hono';
import type { Actor } from '../flows/actor.ts';
import { CompleteV02In, completeV02 } from '../flows/complete-v02.ts';
import { createJob } from '../flows/create-job.ts';
import { nextJobV02 } from '../flows/next-job-v02.ts';
import { device, deviceOnly } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, numberParam } from './validate.ts';

/**
 * The paths of firmware v0.2, over the same flows. It asks once a second; a board gone wild is told to wait
 * and loses nothing, since it keeps its report until it is answered.
 */
export function firmwareV02Routes(deps: HttpDeps): Routes {
  const { device: asks, report: reports } = deps.rates;
  const at = (c: Context<Env>) => {
    const { org, device: id } = device(c);
    return { org, device: id, key: `${org}.${id}` };
  };

  return new Hono<Env>()
    .get(
      '/devices/me/next_job',
      describe('firmware v0.2', 'The job to run, the same until its complete; 204 when there is none', {
        answer: JobDocument,
        errors: ['rate_limited'],
      }),
      deviceOnly(),
      async (c) => {
        const { key, ...me } = at(c);
        asks.take(key);
        const job = await nextJobV02(deps, me);
        return job ? c.json(job) : c.body(null, 204);
      },
    )
    .post(
      '/devices/me/jobs/:job_id/complete',
      describe('firmware v0.2', 'The final account of a job; again is answered again', {
        answer: JobCompleteOut,
        errors: ['not_found', 'conflict', 'rate_limited'],
      }),
      deviceOnly(),
      body(CompleteV02In),
      async (c) => {
        const { key, ...me } = at(c);
        reports.take(key);
        return c.json(
          await completeV02(deps, { ...me, job_id: numberParam(c, 'job_id') }, c.req.valid('json')),
        );
      },
    )
    .post(
      '/jobs',
      describe('firmware v0.2', 'Make a job on this device', {
        answer: JobCreated,
        status: 201,
        errors: [
          'not_found',
          'sem_frasco',
          'sem_calibracao',
          'estoque_insuficiente',
          'passo_longo',
          'job_grande',
        ],
      }),
      deviceOnly(),
      body(JobIn),
      async (c) => {
        const { org, device: id } = at(c);
        const input = c.req.valid('json');
        if (input.device !== undefined && input.device !== id)
          throw new AppError(
            'not_found',
            `A device makes jobs for itself; leave device out or write "${id}"`,
          );
        const by: Actor = {
          user: `device:${id}`,
          permissions: ['jobs:create', 'jobs:direct'],
          endereco: c.get('address'),
        };
        return c.json(
          await createJob(deps, { org, by, metodo: 'http_v02', body: { ...input, device: id } }),
          201,
        );
      },
    );
}
