import { SessionRow } from '@yaguts/shared';
import { Hono } from 'hono';
import { endSessions, listSessions } from '../flows/end-sessions.ts';
import { person, personActor, sessionOf, signedIn } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { requireSession } from './keep-session.ts';
import { rowsOf } from './validate.ts';

/** The browsers in which one is logged in. A token sees and ends none: it is no way to lock its person out. */
export function mySessionRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get(
      '/api/sessions',
      describe('session', 'The own live sessions, the one used last first', { answer: rowsOf(SessionRow) }),
      signedIn(),
      async (c) => {
        const who = person(c);
        const rows = await listSessions(deps, who, requireSession(sessionOf(who)));
        return c.json({ rows, proximo: null });
      },
    )
    .delete(
      '/api/sessions/:id',
      describe('session', 'End one of the own sessions; its connections are closed', {
        errors: ['not_found'],
      }),
      signedIn(),
      async (c) => {
        const who = person(c);
        requireSession(sessionOf(who));
        await endSessions(deps, personActor(c), who.user, { name: c.req.param('id') });
        return c.body(null, 204);
      },
    )
    .delete(
      '/api/sessions',
      describe('session', 'End every other session of oneself; their connections are closed'),
      signedIn(),
      async (c) => {
        const who = person(c);
        const except = requireSession(sessionOf(who));
        await endSessions(deps, personActor(c), who.user, { except });
        return c.body(null, 204);
      },
    );
}
