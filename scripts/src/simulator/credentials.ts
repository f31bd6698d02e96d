import { readFileSync } from 'node:fs';
import { Id } from '@yaguts/shared';
import * as v from 'valibot';

/** One device and its secret, as the platform hands it out once. */
export interface DeviceCredential {
  readonly org: string;
  readonly device: string;
  readonly password: string | undefined;
}

const Row = v.union([
  v.object({ username: v.string(), password: v.string() }),
  v.object({ org: Id, device: Id, password: v.string() }),
]);
const File = v.union([v.array(Row), Row, v.record(v.string(), v.string())]);

/**
 * Reads a credentials file: a JSON list of `{username, password}` or `{org, device, password}`, one such
 * object, or an object from username to password. A username is `org.device`.
 *
 * @throws Error naming the file and what is wrong with it; never the secrets in it
 */
export function readCredentials(path: string): DeviceCredential[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not valid JSON' : (error as Error).message;
    throw new Error(`--credentials ${path}: ${why}`);
  }
  const parsed = v.safeParse(File, json);
  if (!parsed.success) {
    throw new Error(`--credentials ${path}: expected [{"username": "org.device", "password": "…"}, …]`);
  }
  const rows = Array.isArray(parsed.output) ? parsed.output : rowsOf(parsed.output);
  return rows.map((row) => {
    if ('device' in row) return row;
    const [org = '', device = '', ...rest] = row.username.split('.');
    if (rest.length > 0 || !v.is(Id, org) || !v.is(Id, device)) {
      throw new Error(`--credentials ${path}: "${row.username}" is not org.device`);
    }
    return { org, device, password: row.password };
  });
}

function rowsOf(value: v.InferOutput<typeof Row> | Record<string, string>): v.InferOutput<typeof Row>[] {
  const single = v.safeParse(Row, value);
  if (single.success) return [single.output];
  return Object.entries(value).map(([username, password]) => ({ username, password: String(password) }));
}
