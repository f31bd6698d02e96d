import { Notice, NoticePrefs } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { listNotices } from '../flows/keep-events.ts';
import { publishBadges, unreadOf } from '../flows/publish-badge.ts';
import { person, signedIn } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, cursorNumber, pageSize, query, rowsOf } from './validate.ts';

const ReadIn = v.object({ ate: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) });
const ReadOut = v.object({ lido_ate: v.number(), unread: v.number() });

/** What a person was told, read or not, and how they want to be told. */
export function noticeRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get(
      '/api/events',
      describe('events', 'Events that are kept, of the org and for oneself, newest first', {
        answer: rowsOf(Notice),
        more: 'With `central=true` only those that the own preferences put into the list of notices.',
      }),
      signedIn(),
      query({
        limit: pageSize,
        cursor: cursorNumber,
        central: v.optional(v.picklist(['true', 'false']), 'false'),
      }),
      async (c) => {
        const { limit, cursor, central } = c.req.valid('query');
        await deps.flushEvents();
        const { events, last } = await listNotices(deps, person(c), {
          limit,
          central: central === 'true',
          ...(cursor !== undefined && { before: cursor }),
        });
        const rows = events.map(({ n, id, type, ts, data, user_id, lido }) => ({
          ...{ n, id, type, ts, data, lido },
          pessoal: user_id !== null,
        }));
        return c.json({ rows, proximo: last === undefined ? null : String(last) });
      },
    )
    .post(
      '/api/events/read',
      describe('events', 'Mark every event up to a number as read, on all screens of the person', {
        answer: ReadOut,
      }),
      signedIn(),
      body(ReadIn),
      async (c) => {
        const { org, user } = person(c);
        await deps.flushEvents();
        const lido_ate = await deps.store.readEvents(org, user, c.req.valid('json').ate);
        await publishBadges(deps, org, user);
        return c.json({ lido_ate, unread: await unreadOf(deps, org, user) });
      },
    )
    .get(
      '/api/preferences',
      describe('events', 'How one wants to be told of events', { answer: NoticePrefs }),
      signedIn(),
      async (c) => {
        const { org, user } = person(c);
        return c.json((await deps.store.findNotices(org, user)).prefs);
      },
    )
    .put(
      '/api/preferences',
      describe('events', 'Say for each event by which channels, and the quiet hours', {
        answer: NoticePrefs,
        more: 'An event that is not named is told as the platform thinks right; an empty list silences it.',
      }),
      signedIn(),
      body(NoticePrefs),
      async (c) => {
        const { org, user } = person(c);
        const prefs = c.req.valid('json');
        await deps.store.savePrefs(org, user, prefs);
        await publishBadges(deps, org, user);
        return c.json(prefs);
      },
    );
}
