import { describe, expect, test } from 'vitest';
import { createPasswordHasher } from './password.ts';

const quick = { N: 2 ** 10, r: 8, p: 1 };

describe('passwords', () => {
  test('a password is stored as scrypt with its parameters, and found again', async () => {
    const hasher = createPasswordHasher();
    const stored = await hasher.hash('correct horse battery');
    expect(stored).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
    expect(await hasher.verify('correct horse battery', stored)).toBe(true);
    expect(await hasher.verify('correct horse batterz', stored)).toBe(false);
  });

  test('the same password is never stored twice alike', async () => {
    const hasher = createPasswordHasher(quick);
    expect(await hasher.hash('correct horse')).not.toBe(await hasher.hash('correct horse'));
  });

  test('a password stored with an older cost is still read', async () => {
    const old = await createPasswordHasher({ N: 2 ** 11, r: 8, p: 1 }).hash('correct horse');
    const hasher = createPasswordHasher(quick);
    expect(await hasher.verify('correct horse', old)).toBe(true);
    expect(hasher.isCurrent(old)).toBe(false);
    expect(hasher.isCurrent(await hasher.hash('correct horse'))).toBe(true);
  });

  test('an unknown user is refused whatever the password', async () => {
    expect(await createPasswordHasher(quick).verify('', undefined)).toBe(false);
  });

  test('accented letters match however the keyboard composed them', async () => {
    const hasher = createPasswordHasher(quick);
    expect(await hasher.verify('pao de açu\u0301car', await hasher.hash('pao de açúcar'))).toBe(true);
  });

  test('a flood of logins is refused in part and the rest still answered', async () => {
    const hasher = createPasswordHasher(quick);
    const stored = await hasher.hash('correct horse');
    const answers = await Promise.allSettled(
      Array.from({ length: 40 }, () => hasher.verify('correct horse', stored)),
    );
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused).toHaveLength(40 - 2 - 16);
    expect(refused[0]?.reason).toMatchObject({ code: 'unavailable', retryAfterS: 2 });
    expect(answers.filter((answer) => answer.status === 'fulfilled' && answer.value)).toHaveLength(18);
    expect(await hasher.verify('correct horse', stored)).toBe(true);
  });
});
