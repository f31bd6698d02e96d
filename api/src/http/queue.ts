import { QueueIn, QueueOut, QueuePauseIn } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { nextJob, pauseQueue, readQueue, reorderQueue } from '../flows/manage-queue.ts';
import { stopAll } from '../flows/stop-all.ts';
import { actorOf, needs, person } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, idParam } from './validate.ts';

const Stopped = v.object({ devices: v.array(v.string()), jobs: v.array(v.number()) });

/** The queue of each device, and the button that stops everything. */
export function queueRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get(
      '/api/devices/:id/queue',
      describe('queue', 'What runs and what waits, in order', { answer: QueueOut, errors: ['not_found'] }),
      needs('jobs:view'),
      async (c) => c.json(await readQueue(deps, { org: person(c).org, device: idParam(c, 'id') })),
    )
    .put(
      '/api/devices/:id/queue',
      describe('queue', 'Put the jobs named first, in that order', {
        answer: QueueOut,
        errors: ['not_found', 'stale'],
      }),
      needs('queue:manage'),
      body(QueueIn),
      async (c) => {
        const jobIds = c.req.valid('json').job_ids;
        return c.json(await reorderQueue(deps, { ...actorOf(c), device: idParam(c, 'id'), jobIds }));
      },
    )
    .post(
      '/api/devices/:id/queue/next',
      describe('queue', '"Tigela vazia": an empty bowl is in place, offer the next job', {
        answer: QueueOut,
        errors: ['not_found', 'fila_vazia', 'ocupado', 'conflict'],
      }),
      needs('jobs:create'),
      async (c) => c.json(await nextJob(deps, { ...actorOf(c), device: idParam(c, 'id') })),
    )
    .post(
      '/api/devices/:id/queue/pause',
      describe('queue', 'Hold the queue, or let it go on', { answer: QueueOut, errors: ['not_found'] }),
      needs('queue:manage'),
      body(QueuePauseIn),
      async (c) => {
        const { pausada } = c.req.valid('json');
        return c.json(await pauseQueue(deps, { ...actorOf(c), device: idParam(c, 'id'), pausada }));
      },
    )
    .post(
      '/api/stop',
      describe('queue', 'Stop every device of the org and cancel every open job', { answer: Stopped }),
      needs('jobs:stop'),
      async (c) => c.json(await stopAll(deps, actorOf(c))),
    );
}
