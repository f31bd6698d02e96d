import { EventType, Id } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { sendEvent } from '../flows/send-event.ts';
import { needs, person } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body } from './validate.ts';

const EventIn = v.object({
  type: EventType,
  data: v.optional(v.record(v.string(), v.unknown()), {}),
  user: v.optional(Id),
});

/** Events of integrations, to the org or to one person. */
export function eventRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>().post(
    '/api/events',
    describe('events', 'Tell the org, or one person of it, of an event', {
      answer: v.object({ ok: v.literal(true) }),
      status: 202,
      errors: ['not_found', 'conflict'],
      more:
        'Told once at most: a key whose answer a stop of the platform has cut off is `conflict`; see `GET /api/events`. ' +
        'Types of the platform (`task:`, `agent:`, `device:`, `estoque:`, `permission:`, `connected`) are refused.',
    }),
    needs('events:send'),
    body(EventIn),
    async (c) => {
      await sendEvent(deps, person(c), c.req.valid('json'));
      return c.json({ ok: true as const }, 202);
    },
  );
}
