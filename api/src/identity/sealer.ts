import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@yaguts/shared';

/**
 * Seals secrets that are random enough to need no slow hash (device secrets, tokens, session ids) with
 * HMAC-SHA-256 under a pepper that is kept outside the database and its backups.
 */
export interface Sealer {
  /** @returns the seal of a secret, 64 hex digits; what the database keeps */
  seal(secret: string): string;
  /** Compares a secret with a stored seal in constant time. */
  matches(secret: string, sealed: string): boolean;
}

/** @param pepper at least 32 random bytes */
export function createSealer(pepper: Buffer): Sealer {
  if (pepper.length < 32) throw new Error('the pepper needs at least 32 bytes');
  const digest = (secret: string): Buffer => createHmac('sha256', pepper).update(secret, 'utf8').digest();
  return {
    seal: (secret) => digest(secret).toString('hex'),
    matches(secret, sealed) {
      const stored = Buffer.from(sealed, 'hex');
      const given = digest(secret);
      return stored.length === given.length && timingSafeEqual(stored, given);
    },
  };
}

/**
 * Reads the pepper of a data folder, made at the first run as `keys/pepper`.
 *
 * @param dir the data folder; made with mode 0700 when it is missing
 * @throws AppError "unavailable" that says what to do when the folder or the key is open to others, or the key is damaged
 */
export async function openPepper(dir: string): Promise<Buffer> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await closeToOthers(dir, 0o700, await isOurs(dir));
  const keys = join(dir, 'keys');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await closeToOthers(keys, 0o700, true);
  const path = join(keys, 'pepper');
  await writeOnce(path, `${randomBytes(32).toString('hex')}\n`);
  await closeToOthers(path, 0o600, true);
  const written = (await readFile(path, 'utf8')).trim();
  if (!/^[0-9a-f]{64}$/.test(written))
    throw new AppError(
      'unavailable',
      `${path} is damaged: put it back from your copy of the keys folder; without it no credential is valid`,
    );
  return Buffer.from(written, 'hex');
}

async function writeOnce(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      // Devices would lose their credentials with a key that a power cut took back.
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Empty, or made by us: only then its mode is ours to change (somebody may have named /var/lib). */
async function isOurs(dir: string): Promise<boolean> {
  const names = await readdir(dir);
  return names.length === 0 || names.some((name) => name === 'keys' || name.endsWith('.db'));
}

async function closeToOthers(path: string, mode: number, mayTighten: boolean): Promise<void> {
  // Windows has no such modes.
  if (process.platform === 'win32' || ((await stat(path)).mode & 0o077) === 0) return;
  const advice = `${path} can be read by other people of this machine: run chmod ${mode.toString(8)} ${path}`;
  if (!mayTighten) throw new AppError('unavailable', `${advice}, or name an empty folder in YAGUTS_DATA_DIR`);
  await chmod(path, mode).catch((cause: unknown) => {
    throw new AppError('unavailable', advice, { cause });
  });
}

/** A fresh secret of 256 bits, base64url with a prefix that says what it opens. */
export function freshSecret(prefix: 'ygd' | 'ygt' | 'ygs' | 'ygm'): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

// Crockford's letters without those that a person misreads; lower case, as codes of the contract are.
const codeLetters = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A code that a person types: `chars` letters of 31, about 4.95 bits each, without modulo bias. */
export function freshCode(chars: number): string {
  let code = '';
  while (code.length < chars) {
    for (const byte of randomBytes(chars)) {
      if (byte < 248 && code.length < chars) code += codeLetters[byte % codeLetters.length];
    }
  }
  return code;
}

/** Encrypts what must be read again, under a key derived from the pepper. */
export interface Vault {
  close(text: string): string;
  /** @throws Error when it was closed under another pepper or changed since */
  open(closed: string): string;
}

/** @param pepper at least 32 random bytes */
export function createVault(pepper: Buffer): Vault {
  const key = createHmac('sha256', pepper).update('vault').digest();
  return {
    close(text) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
    },
    open(closed) {
      const bytes = Buffer.from(closed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
      decipher.setAuthTag(bytes.subarray(12, 28));
      return decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8');
    },
  };
}
