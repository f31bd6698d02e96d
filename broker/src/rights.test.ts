import { type Principal, permissionsOf, type Reader, roles, topics } from '@yaguts/shared';
import { expect, test } from 'vitest';
import { allows, type PublishFlags } from './rights.ts';
import { oraclePublish, oracleReceive, oracleSubscribe, oracleTopics } from './test/contract-oracle.ts';
import { api, claim, device, person } from './test/harness.ts';

const nobody: Principal = {
  kind: 'user',
  org: 'demo',
  user: 'ana',
  permissions: [],
  via: 'session',
  credential: 'x',
};
const principals: readonly (readonly [string, Principal])[] = [
  ['device demo/mao', device('demo', 'mao')],
  ['device demo/pe', device('demo', 'pe')],
  ['device outra/mao', device('outra', 'mao')],
  ...roles.map((role) => [`${role} demo/ana`, person('demo', 'ana', role)] as const),
  ['demo/ana without a permission', nobody],
  ['demo/ana with jobs:view alone', { ...nobody, permissions: ['jobs:view'] }],
  ['demo/ana with topics:all alone', { ...nobody, permissions: ['topics:all'] }],
  ['dono outra/ana', person('outra', 'ana', 'dono')],
  ['the api', api],
  ['claim abcdefgh', claim('abcdefgh')],
];

const fillings: readonly Readonly<Record<string, string>>[] = [
  { org: 'demo', device: 'mao', user: 'ana', code: 'abcdefgh' },
  { org: 'demo', device: 'pe', user: 'bia', code: 'zyxwvuts' },
  { org: 'outra', device: 'mao', user: 'ana', code: 'abcdefgh' },
  { org: 'outra', device: 'pe', user: 'bia', code: 'zyxwvuts' },
];
const values = { job: '7', item: '2', frasco: '3', level: 'info', op: 'stop', type: 'task:created' };
const fill = (pattern: string, ids: Readonly<Record<string, string>>): string =>
  `yaguts/v1/${pattern.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? values[name as 'job'])}`;

const malformed = [
  '',
  '/',
  '$SYS/x',
  '$share/g/yaguts/v1/demo/events/x',
  'yaguts',
  'yaguts/v1',
  'yaguts/v1/',
  'yaguts/v2/demo/devices/mao/presence',
  'yaguts/v1/demo/devices/mao/jobs/0/start',
  'yaguts/v1/demo/devices/mao/jobs/07/start',
  'yaguts/v1/demo/devices/mao/jobs/7/log/25',
  'yaguts/v1/demo/devices/Mao/presence',
  'yaguts/v1/demo/devices/mao/presence/',
  'yaguts/v1/demo//mao/presence',
  'yaguts/v1/demo/devices/mao/shutdown',
  'yaguts/v1/demo/users',
  'yaguts/v1/_server/other',
];
const topicNames = [
  ...new Set([...fillings.flatMap((ids) => oracleTopics.map((p) => fill(p, ids))), ...malformed]),
];

/** Every topic with a `+` in each place, in each pair of places, and cut to a `#` at each level. */
function filtersOf(topic: string): string[] {
  const levels = topic.split('/');
  const plus = (...at: number[]) => levels.map((level, i) => (at.includes(i) ? '+' : level)).join('/');
  return [
    topic,
    ...levels.flatMap((_, i) => [plus(i), ...levels.slice(i + 1).map((_, j) => plus(i, i + 1 + j))]),
    ...levels.map((_, i) => [...levels.slice(0, i), '#'].join('/')),
    ...levels.map((_, i) => [...levels.slice(0, i), '+', '#'].join('/')),
  ];
}
const strange = [
  'a#',
  'a+',
  '#/a',
  'yaguts/v1/demo/#/x',
  'yaguts/v1/demo/events/a+',
  'yaguts/v1/demo/ev#',
  '+/+',
  '#',
  '+',
];
const filters = [...new Set([...topicNames.filter(Boolean).flatMap(filtersOf), ...strange])];

const flags: PublishFlags[] = [0, 1, 2].flatMap((qos) =>
  [false, true].flatMap((retain) => [false, true].map((empty) => ({ qos, retain, empty }))),
);

/** Every question on which two readings of the contract disagree, and how many were asked. */
function compare(asking: typeof principals): { asked: number; disagreements: string[] } {
  const disagreements: string[] = [];
  let asked = 0;
  const ask = (what: string, rights: boolean, oracle: boolean) => {
    asked++;
    if (rights !== oracle) disagreements.push(`${what}: rights say ${rights}, the contract ${oracle}`);
  };
  for (const [who, principal] of asking) {
    for (const topic of topicNames) {
      for (const f of flags) {
        const { qos, retain, empty } = f;
        const what = `${who} publishes ${topic} q${qos}${retain ? ' retained' : ''}${empty ? ' empty' : ''}`;
        ask(what, allows(principal, 'publish', topic, f), oraclePublish(principal, topic, f));
      }
      ask(`${who} receives ${topic}`, allows(principal, 'receive', topic), oracleReceive(principal, topic));
    }
    for (const filter of filters) {
      ask(
        `${who} subscribes ${filter}`,
        allows(principal, 'subscribe', filter),
        oracleSubscribe(principal, filter),
      );
    }
  }
  return { asked, disagreements };
}

test('principals × actions × topics × wildcard positions: the rights are those of the contract', () => {
  const { asked, disagreements } = compare(principals);
  expect(disagreements.slice(0, 20)).toEqual([]);
  expect(asked).toBeGreaterThan(10_000);
});

const some = principals.filter(([who]) => /demo\/mao|leitor|without|api/.test(who));
test.each([
  [
    'a reader',
    () => Object.assign(topics.jobsNext, { readers: [...topics.jobsNext.readers, 'people'] as Reader[] }),
  ],
  ['a publisher', () => Object.assign(topics.jobAck, { from: 'device' })],
  ['retain', () => Object.assign(topics.command, { retain: 'state' })],
  ['a QoS', () => Object.assign(topics.telemetry, { qos: 1 })],
  ['a permission', () => Object.assign(topics.estoque, { needs: undefined })],
])('control: a row with %s too many is noticed', (_what, widen) => {
  const before = structuredClone({
    jobsNext: { readers: topics.jobsNext.readers },
    jobAck: { from: topics.jobAck.from },
    command: { retain: topics.command.retain },
    telemetry: { qos: topics.telemetry.qos },
    estoque: { needs: topics.estoque.needs },
  });
  try {
    widen();
    expect(compare(some).disagreements).not.toEqual([]);
  } finally {
    for (const [key, fields] of Object.entries(before)) Object.assign(topics[key as 'jobsNext'], fields);
  }
});

test('the permissions of the six roles open topics as the contract says', () => {
  const all = 'yaguts/v1/demo/#';
  const who = roles.filter((role) => allows(person('demo', 'ana', role), 'subscribe', all));
  expect(who).toEqual(['dono', 'admin', 'operador']);
  expect(roles.filter((role) => permissionsOf[role].includes('topics:all'))).toEqual(who);
});

test("an operador's # on the org never brings another person's messages", () => {
  const ana = person('demo', 'ana', 'operador');
  expect(allows(ana, 'subscribe', 'yaguts/v1/demo/#')).toBe(true);
  expect(allows(ana, 'subscribe', 'yaguts/v1/demo/users/bia/#')).toBe(false);
  expect(allows(ana, 'receive', 'yaguts/v1/demo/users/ana/badge')).toBe(true);
  expect(allows(ana, 'receive', 'yaguts/v1/demo/users/bia/badge')).toBe(false);
  expect(allows(ana, 'receive', 'yaguts/v1/demo/users/ana-maria/badge')).toBe(false);
});
