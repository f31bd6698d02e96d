import { CancelIn, JobCreated, JobIn, JobPreview, JobState, NotaIn, RetryIn } from '@yaguts/shared';
import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import { approveJob, rejectJob } from '../flows/approve-job.ts';
import { cancelJob } from '../flows/cancel-job.ts';
import { closeJob, noteJob } from '../flows/close-job.ts';
import { createJob, retryJob } from '../flows/create-job.ts';
import { pauseJob, resumeJob } from '../flows/pause-job.ts';
import { previewJob, previewRetry } from '../flows/preview-job.ts';
import { actorOf, needs, person } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, numberParam } from './validate.ts';

const obstacles = [
  'not_found',
  'sem_dispensador',
  'sem_frasco',
  'sem_calibracao',
  'estoque_insuficiente',
  'passo_longo',
  'job_grande',
  'multiplicador',
] as const;
const DecisionIn = v.object({
  comentario: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(200)), ''),
});

/** Making jobs and everything a person does to one. Reading them is in job-lists.ts. */
export function jobRoutes(deps: HttpDeps): Routes {
  const ofJob = (c: Context<Env>) => ({ ...actorOf(c), jobId: numberParam(c, 'id') });
  const stateOf = (c: Context<Env>) => deps.store.jobState(person(c).org, numberParam(c, 'id'));

  return new Hono<Env>()
    .post(
      '/api/jobs/preview',
      describe('jobs', 'What a job would be, and what stands in its way; changes nothing', {
        answer: JobPreview,
        errors: ['not_found'],
      }),
      needs('jobs:create'),
      body(JobIn),
      async (c) => c.json(await previewJob(deps, { ...actorOf(c), body: c.req.valid('json') })),
    )
    .post(
      '/api/jobs',
      describe('jobs', 'Make a job of a receita', { answer: JobCreated, status: 201, errors: obstacles }),
      needs('jobs:create'),
      body(JobIn),
      async (c) => {
        const metodo = person(c).via === 'session' ? 'painel' : 'api';
        return c.json(await createJob(deps, { ...actorOf(c), metodo, body: c.req.valid('json') }), 201);
      },
    )
    .patch(
      '/api/jobs/:id',
      describe('jobs', 'Write a note on a job; an empty one takes it away', {
        answer: JobState,
        errors: ['not_found'],
      }),
      needs('jobs:create'),
      body(NotaIn),
      async (c) => c.json(await noteJob(deps, { ...ofJob(c), nota: c.req.valid('json').nota })),
    )
    .post(
      '/api/jobs/:id/cancel',
      describe('jobs', 'Cancel a job in whatever phase it is; a running one is its device to decide', {
        answer: JobState,
        errors: ['not_found', 'terminal'],
      }),
      needs('jobs:stop'),
      body(CancelIn),
      async (c) => c.json(await cancelJob(deps, { ...ofJob(c), motivo: c.req.valid('json').motivo })),
    )
    .post(
      '/api/jobs/:id/approve',
      describe('jobs', 'Let a job that awaits approval into the queue', {
        answer: JobState,
        errors: ['not_found', 'terminal', 'conflict', 'estoque_insuficiente'],
      }),
      needs('jobs:approve'),
      body(DecisionIn),
      async (c) => c.json(await approveJob(deps, { ...ofJob(c), ...c.req.valid('json') })),
    )
    .post(
      '/api/jobs/:id/reject',
      describe('jobs', 'Refuse a job that awaits approval', {
        answer: JobState,
        errors: ['not_found', 'terminal', 'conflict'],
      }),
      needs('jobs:approve'),
      body(DecisionIn),
      async (c) => c.json(await rejectJob(deps, { ...ofJob(c), ...c.req.valid('json') })),
    )
    .post(
      '/api/jobs/:id/retry',
      describe('jobs', 'A new job of items that were not poured', {
        answer: JobCreated,
        status: 201,
        errors: [...obstacles, 'not_retryable'],
        more: 'Without `itens` everything that may be repeated. One that may not refuses the whole request: `errors` has its place in `itens` and a `code` as in `repeticoes` of the job.',
      }),
      needs('jobs:create'),
      body(RetryIn),
      async (c) => c.json(await retryJob(deps, { ...ofJob(c), ...c.req.valid('json') }), 201),
    )
    .post(
      '/api/jobs/:id/retry/preview',
      describe('jobs', 'What a repetition would be, and what stands in its way; changes nothing', {
        answer: JobPreview,
        errors: ['not_found', 'not_retryable'],
      }),
      needs('jobs:create'),
      body(RetryIn),
      async (c) => c.json(await previewRetry(deps, { ...ofJob(c), ...c.req.valid('json') })),
    )
    .post(
      '/api/jobs/:id/pause',
      describe('jobs', 'Ask the device to hold before the next frasco', {
        answer: JobState,
        errors: ['not_found', 'terminal', 'conflict', 'dispensador_offline'],
      }),
      needs('jobs:stop'),
      async (c) => {
        await pauseJob(deps, ofJob(c));
        return c.json(await stateOf(c));
      },
    )
    .post(
      '/api/jobs/:id/resume',
      describe('jobs', 'Ask the device to go on', {
        answer: JobState,
        errors: ['not_found', 'terminal', 'conflict', 'dispensador_offline'],
      }),
      needs('jobs:stop'),
      async (c) => {
        await resumeJob(deps, ofJob(c));
        return c.json(await stateOf(c));
      },
    )
    .post(
      '/api/jobs/:id/close',
      describe('jobs', 'End a running job without its device, after a look into the bowl', {
        answer: JobState,
        errors: ['not_found', 'terminal', 'conflict'],
      }),
      needs('jobs:close'),
      body(CancelIn),
      async (c) => c.json(await closeJob(deps, { ...ofJob(c), motivo: c.req.valid('json').motivo })),
    );
}
