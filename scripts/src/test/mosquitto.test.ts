import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../root.ts';
import { type Child, startChild } from './child.ts';

// The README's own examples, byte for byte, typed at the demo: a README that lies fails here.

/** The commands of the README that name mosquitto, in its order; a blank line ends one. */
function recipes(): string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
    .flatMap(([, block = '']) => block.split('\n\n'))
    .filter((command) => command.includes('mosquitto_'));
}

/** A terminal into which the demo's `export` lines have been pasted. */
class Terminal {
  readonly #env: NodeJS.ProcessEnv;
  readonly #shell: ChildProcess;
  readonly ended: Promise<number | null>;
  output = '';
  #check: () => void = () => {};

  constructor(command: string, exported: Record<string, string>) {
    this.#env = { ...process.env, ...exported };
    // A group of its own, so that what bash has started ends with it.
    this.#shell = spawn('bash', ['-c', command], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const hear = (chunk: Buffer): void => {
      this.output += chunk;
      this.#check();
    };
    this.#shell.stdout?.on('data', hear);
    this.#shell.stderr?.on('data', hear);
    this.ended = new Promise((resolve) => this.#shell.on('close', resolve));
  }

  /** Resolves with the JSON of the first line whose topic and payload fit. */
  shows(topic: RegExp, fits: (payload: Record<string, unknown>) => boolean = () => true) {
    return new Promise<Record<string, unknown>>((resolve) => {
      this.#check = () => {
        const found = this.payloads(topic).find(fits);
        if (found) resolve(found);
      };
      this.#check();
    });
  }

  /** What `mosquitto_sub -v` has printed of a topic so far. */
  payloads(topic: RegExp): Record<string, unknown>[] {
    const whole = this.output.slice(0, this.output.lastIndexOf('\n') + 1).split('\n');
    return whole.flatMap((line) => {
      const [, name = '', json = ''] = /^(\S+) (\{.*\})$/.exec(line) ?? [];
      return topic.test(name) ? [JSON.parse(json) as Record<string, unknown>] : [];
    });
  }

  close(): void {
    if (this.#shell.exitCode === null && this.#shell.pid) process.kill(-this.#shell.pid);
  }
}

const hasMosquitto = !spawnSync('mosquitto_sub', ['--help']).error;

describe.skipIf(!hasMosquitto)('the mosquitto recipes of the README', () => {
  const commands = recipes();
  let demo: Child;
  let exported: Record<string, string>;
  let watcher: Terminal;
  beforeAll(async () => {
    demo = startChild(process.execPath, ['scripts/demo.mjs'], {
      ...{ YAGUTS_HTTP_PORT: '0', YAGUTS_MQTT_PORT: '0' },
    });
    await demo.says(/Everything here is thrown away/);
    exported = Object.fromEntries(
      [...demo.output().matchAll(/^ *export (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]),
    );
    watcher = new Terminal(commands[0] ?? '', exported);
    await watcher.shows(/^yaguts\/v1\/_server\/state$/, ({ state }) => state === 'online');
  });
  afterAll(async () => {
    watcher?.close();
    demo?.process.kill('SIGTERM');
    expect(await demo?.ended).toBe(0);
  });

  const type = async (command: string | undefined): Promise<string> => {
    const terminal = new Terminal(command ?? 'false', exported);
    expect(await terminal.ended, terminal.output).toBe(0);
    return terminal.output;
  };

  test('are four, and the demo exports what they name', () => {
    expect(commands).toHaveLength(4);
    const named = new Set([...commands.join('\n').matchAll(/\$(\w+)/g)].map(([, name = '']) => name));
    expect([...named].sort()).toEqual(['MAO', 'MQTT_PORT', 'TOKEN']);
    expect(Object.keys(exported)).toEqual(expect.arrayContaining([...named]));
  });

  test('one reads the retained state of the dispenser', async () => {
    expect(JSON.parse(await type(commands[1]))).toMatchObject({ device: 'cozinha', presence: 'online' });
  });

  test('one orders a job, which is seen live to its end; the same order again is the same job', async () => {
    await type(commands[2]);
    const answer = await watcher.shows(/\/users\/ana\/res\/jobs\.create$/);
    expect(answer).toMatchObject({ id: 'pedido-1', ok: true, data: { device: 'cozinha' } });
    const { job_id } = answer.data as { job_id: number };
    const events = new RegExp(`/jobs/${job_id}/events$`);
    await watcher.shows(events, ({ type: what }) => what === 'execution_complete');
    const entries = watcher.payloads(events).filter(({ type: what }) => what === 'execution_log_entry');
    expect(entries).toHaveLength(4);
    expect(watcher.payloads(new RegExp(`/devices/cozinha/jobs/${job_id}/progress$`))).not.toEqual([]);
    await type(commands[2]);
    const answers = () => watcher.payloads(/\/res\/jobs\.create$/);
    await watcher.shows(/\/res\/jobs\.create$/, () => answers().length === 2);
    expect(answers()[1]).toEqual(answers()[0]);
  });

  test('one plays the idle device, whose stray entry is put aside and acked with its own token', async () => {
    await type(commands[3]);
    expect(await watcher.shows(/\/devices\/mao\/jobs\/999\/ack$/)).toMatchObject({
      token: '0123456789abcdef',
      itens: [1],
      rejected: [{ item_ordem: 1, code: 'desconhecido' }],
    });
  });
});
