import { createWriteStream, rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { AppError, OrgId } from '@yaguts/shared';
import * as v from 'valibot';
import { archiveCaps, checkArchive, faultAt } from '../store/org-import.ts';
import type { ImportMade } from '../store/org-write.ts';
import type { IdentityDeps } from './identity-deps.ts';
import type { PersonActor } from './reach.ts';
import { publishOrg } from './republish.ts';

/** Where archives are made and unpacked; a folder in the data folder, so that it has its modes and its room. */
export interface ArchiveRoom {
  readonly dir: string;
}

/**
 * Writes everything of an org into a gzip file.
 *
 * @returns the file and what to call once it has been sent
 */
export async function exportOrg(
  deps: IdentityDeps & ArchiveRoom,
  actor: PersonActor,
): Promise<{ file: string; remove: () => Promise<void> }> {
  const { dir, remove } = await workFolder(deps.dir);
  try {
    // First, so that the archive holds the row about itself.
    const act = { em: deps.now(), quem: actor.user, endereco: actor.endereco };
    await deps.store.appendAudit(actor.org, { ...act, acao: 'org.export', alvo: `org:${actor.org}` });
    const file = join(dir, 'archive.ndjson.gz');
    const head = { plataforma: deps.config.version, now: deps.now() };
    await pipeline(
      Readable.from(deps.store.exportOrg(actor.org, head)),
      createGzip(),
      createWriteStream(file, { mode: 0o600 }),
    );
    deps.log('org_exported', { org: actor.org, por: actor.user });
    return { file, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * Takes an archive in. It is unpacked into a file under caps of its own and checked whole; only then it is
 * written, all of it or nothing, and then published.
 *
 * @param org its id here, when it should not be the one it had
 * @throws AppError "invalid" that names the line, "too_large" for a bomb, "already_exists" for a taken org id
 */
export async function importOrg(
  deps: IdentityDeps & ArchiveRoom,
  actor: PersonActor,
  { archive, org }: { archive: AsyncIterable<Uint8Array>; org: string | undefined },
): Promise<ImportMade> {
  const { dir, remove } = await workFolder(deps.dir);
  try {
    const file = join(dir, 'archive.ndjson');
    await unpack(archive, file);
    const facts = await checkArchive(file);
    const id = v.parse(OrgId, org ?? facts.org);
    const act = { em: deps.now(), quem: actor.user, endereco: actor.endereco };
    const made = await deps.store.importOrg({ file, facts, org: id, act });
    await publishOrg(deps, id);
    const depois = { de: facts.org, linhas: made.rows };
    await deps.store.appendInstallationAudit(act, 'org.import', `org:${id}`, depois);
    deps.log('org_imported', { org: id, from: facts.org, rows: made.rows, por: actor.user });
    return made;
  } finally {
    await remove();
  }
}

async function unpack(archive: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  try {
    await pipeline(
      Readable.from(archive),
      atMost(archiveCaps.packedBytes),
      createGunzip(),
      atMost(archiveCaps.plainBytes),
      shortLines(archiveCaps.lineBytes),
      createWriteStream(file, { mode: 0o600 }),
    );
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('Z_'))
      throw new AppError('invalid', 'The archive cannot be taken; nothing was changed', {
        faults: [{ path: '', message: 'is not a whole gzip file' }],
        cause: error,
      });
    throw error;
  }
}

const atMost = (bytes: number): Transform => {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.byteLength;
      if (size <= bytes) done(null, chunk);
      else done(new AppError('too_large', `An archive has at most ${bytes} bytes, packed or not`));
    },
  });
};

/** A line is held in memory whole when it is read, so none may be long. */
const shortLines = (bytes: number): Transform => {
  let n = 1;
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        if (size + end - from > bytes) return done(faultAt(n, '', `is longer than ${bytes} bytes`));
        n++;
        size = 0;
        from = end + 1;
      }
      size += chunk.byteLength - from;
      if (size > bytes) return done(faultAt(n, '', `is longer than ${bytes} bytes`));
      done(null, chunk);
    },
  });
};

/** Removes what a stop in the middle has left of archives, before anybody is served: what was unpacked is readable there. */
export const clearArchives = ({ dir }: ArchiveRoom): void =>
  rmSync(join(dir, 'archives'), { recursive: true, force: true });

async function workFolder(data: string): Promise<{ dir: string; remove: () => Promise<void> }> {
  const parent = join(data, 'archives');
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const dir = await mkdtemp(join(parent, 'work-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}
