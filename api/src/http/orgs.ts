import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AppError, ImportOut, OrgCreated, OrgId, OrgIn, OrgRow, TransferIn, WipeIn } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { createOrg, wipeOrg } from '../flows/manage-orgs.ts';
import { exportOrg, importOrg } from '../flows/move-org.ts';
import { transferOwnership } from '../flows/save-user.ts';
import { needs, personActor, platformOnly } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe, documented } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { archiveType } from './guard.ts';
import { body, query, rowsOf } from './validate.ts';

const archiveBody = {
  requestBody: { content: { [archiveType]: { schema: { type: 'string', format: 'binary' } } } },
} as const;

/** Organisations as wholes: made and taken in by who runs the installation, moved out and wiped by their own. */
export function orgsRoutes(deps: HttpDeps): Routes {
  const room = { ...deps, dir: deps.settings.dataDir };
  // An archive takes room on the disk and time to check: one after the other is enough.
  let isMoving = false;
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isMoving)
      throw new AppError('unavailable', 'Another archive is being made or read; try again in a moment', {
        retryAfterS: 10,
      });
    isMoving = true;
    try {
      return await work();
    } finally {
      isMoving = false;
    }
  };

  return new Hono<Env>()
    .get(
      '/api/orgs',
      describe('orgs', 'Organisations of the installation', { answer: rowsOf(OrgRow) }),
      platformOnly(),
      async (c) => {
        const rows = (await deps.store.listOrgs()).map(({ org_id, ...row }) => ({ org: org_id, ...row }));
        return c.json({ rows, proximo: null });
      },
    )
    .post(
      '/api/orgs',
      describe('orgs', 'Make an organisation; the code invites its first owner and is shown once', {
        answer: OrgCreated,
        status: 201,
        errors: ['already_exists'],
      }),
      platformOnly(),
      body(OrgIn),
      async (c) => {
        const input = c.req.valid('json');
        const invite = await createOrg(deps, personActor(c), input);
        return c.json({ org: input.org, nome: input.nome, ...invite }, 201);
      },
    )
    .post(
      '/api/orgs/import',
      describe('orgs', 'Take in the archive of an organisation, from this installation or another', {
        answer: ImportOut,
        status: 201,
        errors: ['already_exists', 'invalid', 'too_large', 'unsupported_media', 'unavailable'],
        more: 'All of it or nothing; `?org=` gives it another id. Nobody has a way in afterwards: issue reset links and device credentials.',
      }),
      platformOnly(),
      query({ org: v.optional(OrgId) }),
      documented(async (_c, next) => next(), archiveBody),
      async (c) => {
        if (c.req.header('content-type') !== archiveType)
          throw new AppError('unsupported_media', `Send the archive as ${archiveType}`);
        const archive = (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>;
        const { org } = c.req.valid('query');
        const made = await alone(() => importOrg(room, personActor(c), { archive, org }));
        return c.json({ org: made.org, linhas: made.rows, usuarios: made.usuarios }, 201);
      },
    )
    .get(
      '/api/org/export',
      describe('orgs', 'Everything of the organisation as an archive (newline-delimited JSON, gzip)', {
        media: archiveType,
        errors: ['unavailable'],
      }),
      needs('org:manage'),
      async (c) => {
        const actor = personActor(c);
        const { file, remove } = await alone(() => exportOrg(room, actor));
        const { size } = await stat(file);
        const stream = createReadStream(file).once('close', () => void remove());
        const day = new Date(deps.now()).toISOString().slice(0, 10);
        c.header('Content-Disposition', `attachment; filename="yaguts-${actor.org}-${day}.ndjson.gz"`);
        c.header('Content-Length', String(size));
        return c.body(Readable.toWeb(stream) as ReadableStream, 200, { 'Content-Type': archiveType });
      },
    )
    .post(
      '/api/org/wipe',
      describe('orgs', 'Delete the organisation and everything in it; type its id', {
        errors: ['conflict', 'not_found'],
      }),
      needs('org:own'),
      body(WipeIn),
      async (c) => {
        await wipeOrg(deps, personActor(c), c.req.valid('json').confirmacao);
        return c.body(null, 204);
      },
    )
    .post(
      '/api/org/transfer',
      describe('orgs', 'Make another person the owner; both log in anew', { errors: ['not_found'] }),
      needs('org:own'),
      body(TransferIn),
      async (c) => {
        await transferOwnership(deps, personActor(c), c.req.valid('json').user);
        return c.body(null, 204);
      },
    );
}
