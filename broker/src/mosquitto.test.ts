import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Running, run, until } from './test/harness.ts';

/** The tools people have at hand must work as they are: no client id, their own defaults. */

let it: Running;
const children: ChildProcess[] = [];
beforeEach(async () => {
  it = await run();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill();
  await it.close();
});

interface Tool {
  readonly output: () => string;
  readonly code: Promise<number | null>;
}

function tool(name: 'mosquitto_pub' | 'mosquitto_sub', ...args: string[]): Tool {
  const child = spawn(name, ['-h', '127.0.0.1', '-p', String(it.port), ...args]);
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const code = new Promise<number | null>((resolve, reject) => {
    child.on('error', () =>
      reject(new Error(`install ${name} (Debian, Ubuntu: mosquitto-clients), or set YAGUTS_E2E=skip`)),
    );
    child.on('close', resolve);
  });
  code.catch(() => {});
  return { output: () => output, code };
}

const ana = ['-u', 'u.ana', '-P', 'ana'];
const device = ['-i', 'demo.mao', '-u', 'demo.mao', '-P', 'mao'];
const entry = 'yaguts/v1/demo/devices/mao/jobs/7/log/1';

describe.skipIf(process.env.YAGUTS_E2E === 'skip')('mosquitto', () => {
  test('mosquitto_sub without a client id sees what mosquitto_pub publishes as a device', async () => {
    const sub = tool('mosquitto_sub', ...ana, '-t', 'yaguts/v1/demo/#', '-v', '-C', '1', '-q', '1');
    await Promise.race([sub.code, until(() => it.changes.some(({ kind }) => kind === 'subscribed'))]);
    expect(await tool('mosquitto_pub', ...device, '-t', entry, '-q', '1', '-r', '-m', '{"v":1}').code).toBe(
      0,
    );
    expect(await sub.code).toBe(0);
    expect(sub.output()).toBe(`${entry} {"v":1}\n`);
  });

  test('mosquitto_sub reads a retained state and leaves', async () => {
    it.broker.publish('yaguts/v1/_server/state', '{"state":"online"}', { qos: 1, retain: true });
    const sub = tool('mosquitto_sub', ...ana, '-t', 'yaguts/v1/_server/state', '-C', '1', '-F', '%q %r %p');
    expect(await sub.code).toBe(0);
    expect(sub.output()).toBe('0 1 {"state":"online"}\n');
  });

  test('a person sends a request with the defaults of mosquitto_pub', async () => {
    const heard: string[] = [];
    it.broker.setInbound(({ topic }) => {
      heard.push(topic);
    });
    const topic = 'yaguts/v1/demo/users/ana/req/jobs.create';
    expect(await tool('mosquitto_pub', ...ana, '-t', topic, '-m', '{"id":"1"}').code).toBe(0);
    await until(() => heard.length === 1);
    expect(heard).toEqual([topic]);
  });

  test('a wrong password is told, and a device without its client id', async () => {
    const wrong = tool('mosquitto_pub', '-u', 'u.ana', '-P', 'wrong', '-t', entry, '-m', '{}');
    expect(await wrong.code).not.toBe(0);
    expect(wrong.output()).toMatch(/bad user name or password/i);
    const nameless = tool('mosquitto_pub', '-u', 'demo.mao', '-P', 'mao', '-t', entry, '-m', '{}');
    expect(await nameless.code).not.toBe(0);
    expect(nameless.output()).toMatch(/identifier rejected/i);
  });

  test('a filter that is refused is told', async () => {
    const sub = tool('mosquitto_sub', ...ana, '-t', 'yaguts/v1/outra/#', '-C', '1');
    await sub.code;
    expect(sub.output()).toMatch(/subscription requests? .*denied/i);
  });
});
