import { randomBytes } from 'node:crypto';
import { type JobEvent, matchTopic, topicFilter } from '@yaguts/shared';
import mqtt, { type MqttClient } from 'mqtt';
import { answerParent, type CommonQuestions } from './child.ts';
import { type CrowdDevice, openCrowdDevice } from './crowd-device.ts';
import type { CrowdOrg, CrowdPrepared } from './crowd-platform-process.ts';
import { percentile } from './figures.ts';

/** What the crowd has seen. */
export interface Seen {
  /** Entries that the devices have reported. */
  readonly entries: number;
  /** Entries times the browsers of their org. */
  readonly expected: number;
  readonly lost: number;
  readonly doubled: number;
  /** Messages of another organisation. */
  readonly crossed: number;
  /** Everything that was heard, retained pictures too. */
  readonly messages: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}
/** The other end of the wire, in a process of its own: browsers over WebSocket, devices over TCP. */
export interface CrowdLoadQuestions extends CommonQuestions {
  /** Devices connect and start their jobs; answers how many run. */
  start: { in: CrowdPrepared; out: number };
  /** So many browsers of each org connect and subscribe as the page does. */
  browse: { in: { browsersEach: number }; out: number };
  /** Every device reports a frasco in its turn. */
  pour: { in: { perSecond: number; entries: number }; out: Seen };
  /** Browsers leave until so many of each org are left. */
  leave: { in: { leaving: number }; out: null };
}

interface Browser {
  readonly org: string;
  readonly client: MqttClient;
  /** Entries heard, by job and item, and how often. */
  readonly entries: Map<string, number>;
}
const connectsAtOnce = 25;
/** Nothing more is heard for so long: what is missing is lost. */
const quietMs = 5_000;

let at: CrowdPrepared;
const devices: { org: string; device: CrowdDevice }[] = [];
const browsers: Browser[] = [];
const sentAt = new Map<string, { org: string; ms: number }>();
const latencies: number[] = [];
let messages = 0;
let crossed = 0;
let heardAt = 0;
let fault: Error | undefined;

async function start(prepared: CrowdPrepared): Promise<number> {
  at = prepared;
  for (const { org, devices: ids } of at.orgs)
    for (const { device, password } of ids) {
      const where = { port: at.mqttPort, org, device, password };
      devices.push({ org, device: await openCrowdDevice(where, (error) => (fault ??= error)) });
    }
  return devices.length;
}

async function browse({ browsersEach }: { browsersEach: number }): Promise<number> {
  const wanted = at.orgs.flatMap((org) => Array.from({ length: browsersEach }, (_, n) => ({ org, n })));
  while (wanted.length > 0)
    await Promise.all(wanted.splice(0, connectsAtOnce).map(({ org, n }) => open(org, n)));
  return browsers.length;
}

/** What a page of ours reads: jobs, devices, estoque, events, and what is for the person alone. */
const filtersOf = (org: string, user: string): string[] => [
  topicFilter('jobState', { org }),
  topicFilter('jobEvents', { org }),
  topicFilter('deviceState', { org }),
  topicFilter('estoque', { org }),
  topicFilter('orgEvent', { org }),
  topicFilter('userEvent', { org, user }),
  topicFilter('userBadge', { org, user }),
];

async function open({ org, people }: CrowdOrg, n: number): Promise<void> {
  const person = people[n % people.length];
  if (!person) throw new Error(`nobody of ${org} looks on`);
  const client = await mqtt.connectAsync(`${at.origin.replace('http', 'ws')}/mqtt`, {
    // A page pings each 25 s; here a thousand share one process, which must not be late for its own.
    ...{ protocolVersion: 4, keepalive: 300, reconnectPeriod: 0, username: `u.${person.user}` },
    ...{ password: person.token, clientId: `u.${person.user}.${randomBytes(6).toString('hex')}` },
  });
  const browser: Browser = { org, client, entries: new Map() };
  client.on('message', (topic, payload) => hear(browser, topic, payload));
  // Whoever leaves may still be given a message to confirm.
  client.on('error', (error) => {
    if (!client.disconnecting) fault ??= error;
  });
  await client.subscribeAsync(filtersOf(org, person.user), { qos: 1 });
  browsers.push(browser);
}

function hear({ org, entries }: Browser, topic: string, payload: Buffer): void {
  heardAt = performance.now();
  messages++;
  const match = matchTopic(topic);
  if (match && 'org' in match.params && match.params.org !== org) crossed++;
  if (match?.key !== 'jobEvents') return;
  const { type, data } = JSON.parse(payload.toString('utf8')) as JobEvent;
  if (type !== 'execution_log_entry') return;
  const name = `${match.params.job_id}/${data.item_ordem}`;
  entries.set(name, (entries.get(name) ?? 0) + 1);
  const sent = sentAt.get(name);
  if (sent) latencies.push(heardAt - sent.ms);
}

async function pour({ perSecond, entries }: { perSecond: number; entries: number }): Promise<Seen> {
  const begunAt = performance.now();
  for (let n = 0; n < entries; n++) {
    const dueMs = begunAt + (n / perSecond) * 1_000 - performance.now();
    if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
    const one = devices[n % devices.length];
    const poured = one?.device.pour();
    if (one && poured)
      sentAt.set(`${poured.job_id}/${poured.item_ordem}`, { org: one.org, ms: performance.now() });
    if (fault) throw fault;
  }
  const expected = [...sentAt.values()].reduce((sum, { org }) => sum + countOf(org), 0);
  heardAt = performance.now();
  while (heardOnce() < expected && performance.now() - heardAt < quietMs)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const all = browsers.flatMap(({ entries: heard }) => [...heard.values()]);
  return {
    ...{ entries: sentAt.size, expected, lost: expected - all.length, messages, crossed },
    doubled: all.reduce((sum, times) => sum + times - 1, 0),
    p50Ms: percentile(latencies, 50),
    p95Ms: percentile(latencies, 95),
    p99Ms: percentile(latencies, 99),
  };
}

const countOf = (org: string): number => browsers.filter((browser) => browser.org === org).length;
const heardOnce = (): number => browsers.reduce((sum, { entries }) => sum + entries.size, 0);

async function leave({ leaving }: { leaving: number }): Promise<void> {
  await Promise.all(browsers.splice(0, leaving).map(({ client }) => client.endAsync()));
}

answerParent({ start, browse, pour, leave }, async () => {
  for (const { device } of devices) device.close();
  await leave({ leaving: browsers.length });
});
