import { Hono } from 'hono';
import * as v from 'valibot';
import { open } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';

const Health = v.object({ status: v.literal('ok'), version: v.string() });
const Ready = v.object({ status: v.picklist(['ok', 'not_ready']), checks: v.record(v.string(), v.string()) });

/** `/healthz`: the process answers. `/readyz`: it can commit and reach the broker. */
export function healthRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get('/healthz', describe('health', 'Alive', { answer: Health }), open(), (c) =>
      c.json({ status: 'ok' as const, version: deps.config.version }),
    )
    .get(
      '/readyz',
      describe('health', 'Can commit and reach the broker; 503 when not', { answer: Ready }),
      open(),
      async (c) => {
        const { ok, checks } = await deps.ready().catch((error: unknown) => {
          deps.log.error('readiness_failed', { error });
          return { ok: false, checks: { platform: 'the check itself failed; see the log' } };
        });
        return c.json({ status: ok ? 'ok' : 'not_ready', checks }, ok ? 200 : 503);
      },
    );
}

/** `/.well-known/security.txt` (RFC 9116), when a contact is configured. */
export function securityTxtRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>().get(
    '/.well-known/security.txt',
    describe('health', 'Where to report a weakness (RFC 9116)', {
      media: 'text/plain',
      errors: ['not_found'],
    }),
    open(),
    (c) => {
      const contact = deps.settings.securityContact;
      if (contact === null) return c.notFound();
      // The file must name an end; half a year from now is honest for a page that is made at each request.
      const expires = new Date(deps.now() + 182 * 86_400_000).toISOString();
      return c.text(`Contact: ${contact}\nExpires: ${expires}\nPreferred-Languages: pt-BR, en\n`);
    },
  );
}
