import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { AppError } from '@yaguts/shared';

/**
 * Passwords of people: scrypt with its parameters beside the hash, at most two computations at once. Device
 * secrets and tokens never come here: they are 256 random bits and go through the sealer, since a slow hash
 * would turn a reconnect storm into an outage.
 */
export interface PasswordHasher {
  /** @returns `scrypt$N$r$p$salt$hash`, base64url */
  hash(password: string): Promise<string>;
  /**
   * Compares in constant time. With `stored` undefined it does the same work and answers false, so that an
   * unknown user costs what a known one costs.
   *
   * @throws AppError "unavailable" when the queue is full
   */
  verify(password: string, stored: string | undefined): Promise<boolean>;
  /** Whether it was hashed at the cost of today; if not, the next login hashes it again. */
  isCurrent(stored: string): boolean;
}

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP's figure for scrypt on a small server: 32 MiB and about a quarter of a second. */
const standardCost: Cost = { N: 2 ** 15, r: 8, p: 3 };
/** Node's default of 32 MiB refuses the cost above. */
const maxmem = 64 * 1024 * 1024;
const keyBytes = 32;
/** Two use 64 MiB and two threads of the pool of four; file reads keep the others. */
const atOnce = 2;
/** 16 waiting is about two seconds; beyond it a person is better told to try again. */
const maxWaiting = 16;

/**
 * @param cost lower it in tests of other things only
 */
export function createPasswordHasher(cost: Cost = standardCost): PasswordHasher {
  const limited = limiter(atOnce, maxWaiting);
  const derive = (password: string, salt: Buffer, { N, r, p }: Cost): Promise<Buffer> =>
    limited(
      () =>
        new Promise<Buffer>((resolve, reject) => {
          const options: ScryptOptions = { N, r, p, maxmem };
          scrypt(password.normalize('NFKC'), salt, keyBytes, options, (error, key) =>
            error ? reject(error) : resolve(key),
          );
        }),
    );
  const prefix = `scrypt$${cost.N}$${cost.r}$${cost.p}`;
  const format = (salt: Buffer, key: Buffer): string =>
    `${prefix}$${salt.toString('base64url')}$${key.toString('base64url')}`;
  // A hash nobody has the password of: what an unknown user is compared with.
  const nobody = format(randomBytes(16), randomBytes(keyBytes));

  return {
    async hash(password) {
      const salt = randomBytes(16);
      return format(salt, await derive(password, salt, cost));
    },
    async verify(password, stored) {
      const parts = parse(stored ?? nobody);
      const key = await derive(password, parts.salt, parts);
      return timingSafeEqual(key, parts.key) && stored !== undefined;
    },
    isCurrent: (stored) => stored.startsWith(`${prefix}$`),
  };
}

function parse(stored: string): Cost & { salt: Buffer; key: Buffer } {
  const [kind, N, r, p, salt = '', key = ''] = stored.split('$');
  const keyBuffer = Buffer.from(key, 'base64url');
  if (kind !== 'scrypt' || keyBuffer.length !== keyBytes)
    throw new Error('a stored password is not readable');
  return { N: Number(N), r: Number(r), p: Number(p), salt: Buffer.from(salt, 'base64url'), key: keyBuffer };
}

/** Runs at most `running` tasks at once and lets at most `waiting` queue in order. */
function limiter(running: number, waiting: number): <T>(task: () => Promise<T>) => Promise<T> {
  let active = 0;
  const queue: (() => void)[] = [];
  return async (task) => {
    if (active < running) active++;
    else {
      if (queue.length >= waiting)
        throw new AppError('unavailable', 'Too many people are logging in at once; try again in a moment', {
          retryAfterS: 2,
        });
      // Whoever finishes hands its place over, so `active` stays as it is.
      await new Promise<void>((resolve) => queue.push(resolve));
    }
    try {
      return await task();
    } finally {
      const next = queue.shift();
      if (next) next();
      else active--;
    }
  };
}
