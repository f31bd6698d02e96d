import type { Principal } from '@yaguts/shared';
import type { PublishFlags } from '../rights.ts';

/**
 * The rights of the contract, written a second time from its prose (section 2, "Who may do what") and
 * knowing neither the topic table nor rights.ts: two readings that must agree.
 */

const id = '[a-z0-9][a-z0-9-]{0,35}';
const forms: Readonly<Record<string, string>> = {
  org: id,
  device: id,
  user: id,
  job: '[1-9][0-9]{0,14}',
  item: '(?:[1-9]|1[0-9]|2[0-4])',
  frasco: '(?:[1-9]|1[0-9]|2[0-4])',
  level: '(?:debug|info|warn|error)',
  op: '[a-z.]+',
  type: '[a-z0-9][a-z0-9:_-]{0,35}',
  code: '[a-z0-9]{8,32}',
};

type Retain = 'yes' | 'no' | 'until acked';
interface Row {
  readonly topic: string;
  readonly from: 'device' | 'api' | 'user' | 'claim';
  readonly qos: 0 | 1;
  readonly retain: Retain;
}
const rows: readonly Row[] = [
  { topic: '{org}/devices/{device}/presence', from: 'device', qos: 1, retain: 'yes' },
  { topic: '{org}/devices/{device}/birth', from: 'device', qos: 1, retain: 'yes' },
  { topic: '{org}/devices/{device}/telemetry', from: 'device', qos: 0, retain: 'no' },
  { topic: '{org}/devices/{device}/log/{level}', from: 'device', qos: 0, retain: 'no' },
  { topic: '{org}/devices/{device}/jobs/next', from: 'api', qos: 1, retain: 'yes' },
  { topic: '{org}/devices/{device}/jobs/{job}/rejected', from: 'device', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/jobs/{job}/start', from: 'device', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/jobs/{job}/start/accepted', from: 'api', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/jobs/{job}/start/rejected', from: 'api', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/jobs/{job}/log/{item}', from: 'device', qos: 1, retain: 'until acked' },
  { topic: '{org}/devices/{device}/jobs/{job}/progress', from: 'device', qos: 0, retain: 'no' },
  { topic: '{org}/devices/{device}/jobs/{job}/complete', from: 'device', qos: 1, retain: 'until acked' },
  { topic: '{org}/devices/{device}/jobs/{job}/ack', from: 'api', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/jobs/{job}/cancel', from: 'api', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/jobs/{job}/cancel/accepted', from: 'device', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/jobs/{job}/cancel/rejected', from: 'device', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/config/desired', from: 'api', qos: 1, retain: 'yes' },
  { topic: '{org}/devices/{device}/config/reported', from: 'device', qos: 1, retain: 'yes' },
  { topic: '{org}/devices/{device}/cmd/{op}', from: 'api', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/cmd/{op}/accepted', from: 'device', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/cmd/{op}/rejected', from: 'device', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/ota/desired', from: 'api', qos: 1, retain: 'yes' },
  { topic: '{org}/devices/{device}/ota/state', from: 'device', qos: 1, retain: 'yes' },
  { topic: '{org}/jobs/{job}/state', from: 'api', qos: 1, retain: 'yes' },
  { topic: '{org}/jobs/{job}/events', from: 'api', qos: 1, retain: 'no' },
  { topic: '{org}/devices/{device}/state', from: 'api', qos: 1, retain: 'yes' },
  { topic: '{org}/estoque/{device}/{frasco}', from: 'api', qos: 1, retain: 'yes' },
  { topic: '{org}/events/{type}', from: 'api', qos: 1, retain: 'no' },
  { topic: '{org}/users/{user}/events/{type}', from: 'api', qos: 1, retain: 'no' },
  { topic: '{org}/users/{user}/badge', from: 'api', qos: 1, retain: 'yes' },
  { topic: '{org}/users/{user}/req/{op}', from: 'user', qos: 1, retain: 'no' },
  { topic: '{org}/users/{user}/res/{op}', from: 'api', qos: 1, retain: 'no' },
  { topic: '_server/state', from: 'api', qos: 1, retain: 'yes' },
  { topic: '_provision/{code}/request', from: 'claim', qos: 1, retain: 'no' },
  { topic: '_provision/{code}/accepted', from: 'api', qos: 1, retain: 'no' },
  { topic: '_provision/{code}/rejected', from: 'api', qos: 1, retain: 'no' },
];

export const oracleTopics: readonly string[] = rows.map(({ topic }) => topic);

const expressions = rows.map(({ topic }) => {
  const source = topic.replace(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>${forms[name]})`);
  return new RegExp(`^yaguts/v1/${source}$`);
});

function rowOf(topic: string): { row: Row; ids: Record<string, string> } | undefined {
  for (const [i, expression] of expressions.entries()) {
    const match = expression.exec(topic);
    if (match) return { row: rows[i] as Row, ids: match.groups ?? {} };
  }
  return undefined;
}

/** "Deny by default"; the retain and QoS of the row are part of the right. */
export function oraclePublish(principal: Principal, topic: string, flags: PublishFlags): boolean {
  const found = rowOf(topic);
  if (flags.qos === 2) return false;
  // "the api clears the retained entry", "deleting a device, job or org clears its retained topics".
  if (flags.retain && flags.empty) return principal.kind === 'api' && /^yaguts\/v1\/[^+#]+$/.test(topic);
  if (!found) return false;
  const { row, ids } = found;
  if (flags.qos > row.qos) return false;
  if (row.retain === 'yes' && !flags.retain) return false;
  if (row.retain === 'no' && flags.retain) return false;
  switch (principal.kind) {
    case 'api':
      return true;
    case 'device':
      return row.from === 'device' && ids.org === principal.org && ids.device === principal.device;
    case 'user':
      return row.from === 'user' && ids.org === principal.org && ids.user === principal.user;
    case 'claim':
      return row.from === 'claim' && ids.code === principal.code;
  }
}

/** The filters the contract grants, in its own words. */
function granted(principal: Principal): string[] {
  const root = 'yaguts/v1';
  switch (principal.kind) {
    case 'api':
      return [`${root}/#`];
    case 'device': {
      const own = `${root}/${principal.org}/devices/${principal.device}`;
      return [
        `${own}/jobs/next`,
        `${own}/jobs/+/start/accepted`,
        `${own}/jobs/+/start/rejected`,
        `${own}/jobs/+/ack`,
        `${own}/jobs/+/cancel`,
        `${own}/config/desired`,
        `${own}/cmd/+`,
        `${own}/ota/desired`,
        `${root}/_server/state`,
      ];
    }
    case 'claim':
      return [
        `${root}/_provision/${principal.code}/accepted`,
        `${root}/_provision/${principal.code}/rejected`,
      ];
    case 'user': {
      const org = `${root}/${principal.org}`;
      const may = (permission: 'jobs:view' | 'estoque:view' | 'topics:all') =>
        principal.permissions.includes(permission);
      return [
        `${org}/devices/+/state`,
        `${org}/events/+`,
        `${org}/users/${principal.user}/#`,
        `${root}/_server/state`,
        ...(may('jobs:view')
          ? [
              `${org}/jobs/+/state`,
              `${org}/jobs/+/events`,
              `${org}/devices/+/jobs/+/log/+`,
              `${org}/devices/+/jobs/+/progress`,
            ]
          : []),
        ...(may('estoque:view') ? [`${org}/estoque/+/+`] : []),
        ...(may('topics:all') ? [`${org}/#`] : []),
      ];
    }
  }
}

/** As an expression over topics, or over filters that are narrower: `level` is what a `+` may stand for. */
function expressionOf(filter: string, level: string): RegExp {
  const source = filter
    .replace(/[.$]/g, '\\$&')
    .replace(/\/#$/, '/.*')
    .replace(/(^|\/)\+/g, `$1${level}`);
  return new RegExp(`^${source}$`);
}

/** "except other people's `users/…`, which are never delivered" */
function isForeign(principal: Principal, topicOrFilter: string): boolean {
  const user = /^yaguts\/v1\/[^/]+\/users\/([^/]+)/.exec(topicOrFilter)?.[1];
  return principal.kind === 'user' && user !== undefined && !['+', '#', principal.user].includes(user);
}

/** "A filter narrower than a granted one is granted." */
export function oracleSubscribe(principal: Principal, filter: string): boolean {
  if (!/^(?:[^/+#]*|\+)(?:\/(?:[^/+#]*|\+))*(?:\/#)?$/.test(filter) || isForeign(principal, filter))
    return false;
  return granted(principal).some((right) => expressionOf(right, '(?:\\+|[^/#+]*)').test(filter));
}

export function oracleReceive(principal: Principal, topic: string): boolean {
  if (isForeign(principal, topic) || topic.endsWith('v1/')) return false;
  const isWide =
    principal.kind === 'api' || (principal.kind === 'user' && principal.permissions.includes('topics:all'));
  if (!rowOf(topic) && !isWide) return false;
  return granted(principal).some((right) => expressionOf(right, '[^/]+').test(topic));
}
