import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sqlite } from '@yaguts/api';
import type { MqttTokenOut } from '@yaguts/shared';
import mqtt, { type IClientOptions } from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { httpClient } from '../http-client.ts';
import { type Child, startChild } from './child.ts';

let dir: string;
let started: Child[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'yaguts-start-'));
  started = [];
});
afterEach(async () => {
  for (const child of started) child.process.kill('SIGKILL');
  await Promise.all(started.map((child) => child.ended));
  rmSync(dir, { recursive: true, force: true });
});

const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  YAGUTS_DATA_DIR: join(dir, 'data'),
  YAGUTS_HTTP_HOST: '127.0.0.1',
  YAGUTS_MQTT_HOST: '127.0.0.1',
  YAGUTS_HTTP_PORT: '0',
  YAGUTS_MQTT_PORT: '0',
  ...more,
});

function start(program: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Child {
  const child = startChild(program, args, env(more));
  started.push(child);
  return child;
}

const ready = async (child: Child): Promise<{ origin: string; port: number; code: string | undefined }> => {
  const [, origin = ''] = await child.says(/Yaguts is ready: (\S+)/);
  const [, port = ''] = await child.says(/MQTT on port (\d+)/);
  return {
    origin: origin.replace('localhost', '127.0.0.1'),
    port: Number(port),
    code: /^ {4}([a-z0-9-]{8,})$/m.exec(child.output())?.[1],
  };
};

const connect = (url: string, options: IClientOptions) =>
  mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, ...options });

const owner = { org: 'casa', org_nome: 'Casa', user: 'rui', nome: 'Rui', password: 'uma senha bem longa' };

test('the first run prints a code, which makes the owner once; the second run prints none', async () => {
  const first = start(process.execPath, ['scripts/start.mjs']);
  const { origin } = await ready(first);
  const [, code] = await first.says(/^ {4}([a-z0-9-]{8,})$/m);
  const person = httpClient(origin);
  await person.call('POST', '/api/setup', { ...owner, code });
  expect(await person.call('GET', '/api/session')).toMatchObject({ user: 'rui', org: 'casa', role: 'dono' });
  await expect(
    httpClient(origin).call('POST', '/api/setup', { ...owner, code, user: 'eva' }),
  ).rejects.toThrow(/setup_done/);
  first.process.kill('SIGTERM');
  expect(await first.ended).toBe(0);

  const second = start(process.execPath, ['scripts/start.mjs']);
  const again = await ready(second);
  expect(again.code).toBeUndefined();
  await httpClient(again.origin).call('POST', '/api/session', { user: 'rui', password: owner.password });
});

test('SIGTERM ends the platform cleanly with live clients connected, and they hear that it is offline', async () => {
  const child = start(process.execPath, ['scripts/start.mjs']);
  const { origin, port } = await ready(child);
  const [, code] = await child.says(/^ {4}([a-z0-9-]{8,})$/m);
  const person = httpClient(origin);
  await person.call('POST', '/api/setup', { ...owner, code });
  const { token } = await person.call<{ token: string }>('POST', '/api/tokens', { nome: 'teste' });
  const tab = await person.call<MqttTokenOut>('POST', '/api/session/mqtt-token', {});
  const clients = [
    await connect(`mqtt://127.0.0.1:${port}`, { username: 'u.rui', password: token }),
    await connect(`${origin.replace('http', 'ws')}/mqtt`, {
      ...{ username: tab.username, clientId: `${tab.username}.tab`, password: tab.token },
    }),
  ];
  const farewells = clients.map(async (client) => {
    const heard: string[] = [];
    client.on('message', (_topic, payload) => heard.push(String(payload)));
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    await client.subscribeAsync('yaguts/v1/_server/state', { qos: 1 });
    return { heard, closed };
  });
  const parting = await Promise.all(farewells);
  child.process.kill('SIGTERM');
  for (const { heard, closed } of parting) {
    await closed;
    expect(heard.at(-1)).toContain('offline');
  }
  // A stop that takes longer than 3 s is forced and ends with 1.
  expect(await child.ended).toBe(0);
});

test.skipIf(process.platform === 'win32')('killing the npm that started it leaves no orphan', async () => {
  const npm = start('npm', ['start']);
  await ready(npm);
  npm.process.kill('SIGTERM');
  // The output is a pipe of every process below npm: it closes when the last of them is gone.
  await npm.ended;
  expect(npm.output()).toContain('platform_stopped');
});

test.each(['YAGUTS_HTTP_PORT', 'YAGUTS_MQTT_PORT'])(
  'a taken port in %s is named, with what to do',
  async (name) => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const child = start(process.execPath, ['scripts/start.mjs'], { [name]: String(port) });
    expect(await child.ended).toBe(1);
    expect(child.output()).toMatch(new RegExp(`port ${port} is taken`));
    other.close();
  },
);

test('a second platform on the same data folder is refused', async () => {
  await ready(start(process.execPath, ['scripts/start.mjs']));
  const second = start(process.execPath, ['scripts/start.mjs']);
  expect(await second.ended).toBe(1);
  expect(second.output()).toMatch(/Another process has the data folder/);
});

test('a data folder of a newer version is refused with a clear sentence and left as it is', async () => {
  const first = start(process.execPath, ['scripts/start.mjs']);
  await ready(first);
  first.process.kill('SIGTERM');
  await first.ended;
  const db = new Sqlite(join(dir, 'data', 'yaguts.db'));
  db.exec("insert into __drizzle_migrations (hash, created_at) values ('from-the-future', 9999999999999)");
  db.close();
  const second = start(process.execPath, ['scripts/start.mjs']);
  expect(await second.ended).toBe(1);
  expect(second.output()).toMatch(/newer version/i);
});

test.skipIf(process.platform === 'win32')(
  "a folder of somebody else's that others can read is refused with a sentence that says what to do",
  async () => {
    const data = join(dir, 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'letters.txt'), 'dear');
    chmodSync(data, 0o755);
    const child = start(process.execPath, ['scripts/start.mjs']);
    expect(await child.ended).toBe(1);
    expect(child.output()).toMatch(/run chmod 700 .* or name an empty folder in YAGUTS_DATA_DIR/);
    expect(child.output()).not.toMatch(/^ +at /m);
  },
);

test('every fault of the configuration is named at once', async () => {
  const child = start(process.execPath, ['scripts/start.mjs'], {
    YAGUTS_HTTP_PORT: 'eighty',
    YAGUTS_LOG_LEVEL: 'loud',
  });
  expect(await child.ended).toBe(1);
  expect(child.output()).toMatch(/YAGUTS_HTTP_PORT[\s\S]*YAGUTS_LOG_LEVEL/);
});

test('the demo pours one receita and ends with 0', async () => {
  const child = start(process.execPath, ['scripts/demo.mjs', '--once'], { YAGUTS_DATA_DIR: '' });
  expect(await child.ended, child.output()).toBe(0);
  expect(child.output()).toMatch(/4 of 4 frascos/);
});
