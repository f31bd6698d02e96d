import {
  InviteAccept,
  InviteCreated,
  InviteIn,
  InviteLook,
  InviteLookIn,
  InviteRow,
  SessionOut,
} from '@yaguts/shared';
import { Hono } from 'hono';
import { acceptInvite, createInvite, lookAtInvite, revokeInvite } from '../flows/invite.ts';
import { needs, open, person, personActor } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { clientOf, letIn } from './keep-session.ts';
import { body, rowsOf } from './validate.ts';

/** Invitations: written by who manages people, accepted by whoever has the link. */
export function inviteRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get(
      '/api/invites',
      describe('people', 'Invitations that nobody has accepted yet', { answer: rowsOf(InviteRow) }),
      needs('people:manage'),
      async (c) => {
        const rows = await deps.store.listInvites(person(c).org, deps.now());
        const shown = rows.map(({ org_id, hash, usado_em, usado_por, permissoes, ...row }) => ({
          ...row,
          permissoes: [...permissoes],
        }));
        return c.json({ rows: shown, proximo: null });
      },
    )
    .post(
      '/api/invites',
      describe('people', 'Invite somebody; the code of the link is shown once', {
        answer: InviteCreated,
        status: 201,
        more: 'The link is `/convite#code=…`: the fragment reaches no server and no log.',
      }),
      needs('people:manage'),
      body(InviteIn),
      async (c) => c.json(await createInvite(deps, personActor(c), c.req.valid('json')), 201),
    )
    .delete(
      '/api/invites/:id',
      describe('people', 'Take an invitation back', { errors: ['not_found'] }),
      needs('people:manage'),
      async (c) => {
        await revokeInvite(deps, personActor(c), c.req.param('id'));
        return c.body(null, 204);
      },
    )
    .post(
      '/api/invites/look',
      describe('session', 'What an invitation says, for who has its code', {
        answer: InviteLook,
        errors: ['login_failed', 'rate_limited'],
      }),
      open(),
      body(InviteLookIn),
      async (c) => {
        const { invite, org_nome } = await lookAtInvite(deps, c.req.valid('json').code, clientOf(c));
        const { nome, role, expira_em } = invite;
        return c.json({ org_nome, nome, role, expira_em });
      },
    )
    .post(
      '/api/invites/accept',
      describe('session', 'Accept an invitation: makes the person and logs in', {
        answer: SessionOut,
        status: 201,
        errors: ['login_failed', 'rate_limited', 'already_exists', 'unavailable'],
      }),
      open(),
      body(InviteAccept),
      async (c) =>
        c.json(await letIn(c, deps, await acceptInvite(deps, c.req.valid('json'), clientOf(c))), 201),
    );
}
