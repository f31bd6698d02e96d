import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSealer, freshCode, freshSecret, openPepper } from './sealer.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'yaguts-keys-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('sealed secrets', () => {
  test('a secret matches its seal under the same pepper only', () => {
    const sealer = createSealer(Buffer.alloc(32, 1));
    const sealed = sealer.seal('ygd_abc');
    expect(sealer.matches('ygd_abc', sealed)).toBe(true);
    expect(sealer.matches('ygd_abd', sealed)).toBe(false);
    expect(sealer.matches('ygd_abc', '')).toBe(false);
    expect(createSealer(Buffer.alloc(32, 2)).matches('ygd_abc', sealed)).toBe(false);
  });

  test('the pepper is made once, in a file that only its owner reads', async () => {
    const data = join(dir, 'data');
    const first = await openPepper(data);
    expect(await openPepper(data)).toEqual(first);
    expect(await modeOf(data)).toBe(0o700);
    expect(await modeOf(join(data, 'keys/pepper'))).toBe(0o600);
  });

  test('a key or folder of ours that others could read is closed at start', async () => {
    await openPepper(dir);
    await chmod(join(dir, 'keys/pepper'), 0o644);
    await chmod(dir, 0o755);
    await openPepper(dir);
    expect(await modeOf(join(dir, 'keys/pepper'))).toBe(0o600);
    expect(await modeOf(dir)).toBe(0o700);
  });

  test('a folder of somebody else is refused as it is, with what to do', async () => {
    await writeFile(join(dir, 'letters.txt'), 'dear');
    await chmod(dir, 0o755);
    await expect(openPepper(dir)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/run chmod 700 .* or name an empty folder/),
    });
    expect(await modeOf(dir)).toBe(0o755);
  });

  test('a damaged pepper stops the start instead of refusing every device', async () => {
    await openPepper(dir);
    await writeFile(join(dir, 'keys/pepper'), 'half a k');
    await expect(openPepper(dir)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('damaged'),
    });
  });

  test('secrets are 256 bits and say what they open; codes hold no letter that is misread', () => {
    expect(freshSecret('ygd')).toMatch(/^ygd_[\w-]{43}$/);
    expect(freshSecret('ygd')).not.toBe(freshSecret('ygd'));
    expect(freshCode(16)).toMatch(/^[a-hj-km-np-z2-9]{16}$/);
  });
});
