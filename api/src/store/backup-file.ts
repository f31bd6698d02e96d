import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { appendFile, type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '@yaguts/shared';
import * as v from 'valibot';

/**
 * The form of a backup: a SQLite file, then a manifest, then one line with a SHA-256 over both. SQLite reads
 * such a file as it is (the header says where the database ends). The seal is there because integrity_check
 * does not see a bit that has flipped inside a value.
 */

const Manifest = v.object({
  feito_em: v.number(),
  /** Version of the platform that made it. */
  versao: v.string(),
  epoch: v.string(),
  instance: v.string(),
  migration: v.number(),
  /** Bytes of the database, before the manifest. */
  bytes: v.number(),
  audit: v.array(v.tuple([v.string(), v.object({ n: v.number(), hash: v.string() })])),
});
/** What a backup says of itself: when, by whom, which epoch, and the head of each org's audit chain. */
export type BackupManifest = v.InferOutput<typeof Manifest>;

const word = 'yaguts-backup-1';
/** `\nyaguts-backup-1 <manifest bytes, 10 digits> <64 hex>\n` */
const sealBytes = 1 + word.length + 1 + 10 + 1 + 64 + 1;
const chunkBytes = 1_048_576;

/**
 * Appends manifest and seal to a finished copy and syncs it.
 *
 * @returns SHA-256 of the sealed content, hex
 */
export async function sealBackup(path: string, manifest: Omit<BackupManifest, 'bytes'>): Promise<string> {
  const file = await open(path, 'r+');
  try {
    const bytes = (await file.stat()).size;
    const text = Buffer.from(JSON.stringify({ ...manifest, bytes } satisfies BackupManifest));
    const hash = createHash('sha256');
    await eachChunk(file, bytes, (chunk) => hash.update(chunk));
    const sha256 = hash.update(text).digest('hex');
    const line = `\n${word} ${String(text.length).padStart(10, '0')} ${sha256}\n`;
    await appendFile(path, Buffer.concat([text, Buffer.from(line)]));
    await file.sync();
    return sha256;
  } finally {
    await file.close();
  }
}

/**
 * Reads the manifest of a backup; with `to`, writes its database there (mode 0600, synced).
 *
 * @throws AppError "invalid" with a sentence when it is no backup, cut off or changed since it was made
 */
export async function openBackup(path: string, to?: string): Promise<BackupManifest> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw refused(`${path} cannot be read: ${cause.message}`);
  });
  try {
    const { size } = await file.stat();
    const seal = await read(file, Math.max(0, size - sealBytes), Math.min(size, sealBytes));
    const parts = new RegExp(`^\\n${word} (\\d{10}) ([0-9a-f]{64})\\n$`).exec(seal.toString('latin1'));
    if (!parts) {
      throw refused(
        `${path} does not end with the seal of a backup: it is cut off, damaged at its end, or no backup made by npm run backup`,
      );
    }
    const length = Number(parts[1]);
    const bytes = size - sealBytes - length;
    if (bytes < 0) throw refused(`${path} is shorter than it says: it is cut off`);
    const hash = createHash('sha256');
    const out = to === undefined ? undefined : await open(to, 'wx', 0o600);
    let text: Buffer;
    try {
      await eachChunk(file, bytes, async (chunk) => {
        hash.update(chunk);
        await out?.appendFile(chunk);
      });
      text = await read(file, bytes, length);
      if (hash.update(text).digest('hex') !== parts[2])
        throw refused(
          `${path} is not what was written when it was made: at least one bit has changed. Use another backup`,
        );
      await out?.sync();
    } finally {
      await out?.close();
    }
    const said = v.safeParse(v.pipe(v.string(), v.parseJson(), Manifest), text.toString('utf8'));
    if (!said.success || said.output.bytes !== bytes)
      throw refused(`${path} was sealed by a version that this one does not understand`);
    return said.output;
  } finally {
    await file.close();
  }
}

/** Syncs a folder, so that a rename in it survives a power cut. */
export async function syncFolder(dir: string): Promise<void> {
  // Windows cannot open a folder.
  if (process.platform === 'win32') return;
  const handle = await open(dir, constants.O_RDONLY);
  await handle.sync().finally(() => handle.close());
}

/** Syncs a file and the folder it is in. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.sync().finally(() => handle.close());
  await syncFolder(dirname(path));
}

async function eachChunk(file: FileHandle, bytes: number, take: (chunk: Buffer) => unknown): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(bytes, chunkBytes));
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
    if (bytesRead === 0) throw refused('the file became shorter while it was read');
    await take(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, at);
  return buffer.subarray(0, bytesRead);
}

const refused = (sentence: string): AppError => new AppError('invalid', sentence);
