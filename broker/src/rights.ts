import {
  type Principal,
  patternLevels,
  type TopicKey,
  type TopicMatch,
  type TopicRow,
  topicKeys,
  topicRoot,
  topics,
  type UserPrincipal,
} from '@yaguts/shared';
import { isTopicFilter, isTopicName } from './filter.ts';
import { lookUp } from './look-up.ts';

/**
 * Who may say and hear what: a pure function of the principal, the action and the topic table. Everything
 * that no row grants is refused. The same function answers PUBLISH, SUBSCRIBE and every single delivery,
 * so that a filter that was granted too widely still delivers nothing it should not.
 */

export type Action = 'publish' | 'subscribe' | 'receive';

/** What a PUBLISH says beside its topic. */
export interface PublishFlags {
  readonly qos: number;
  readonly retain: boolean;
  /** The payload has no bytes: with `retain` it clears the topic [MQTT-3.3.1-10]. */
  readonly empty: boolean;
}

const rowOf = (key: TopicKey): TopicRow => topics[key];
const underRoot = `${topicRoot}/`;
const isUnderRoot = (topic: string): boolean => topic.startsWith(underRoot) && topic !== underRoot;
const orderly: PublishFlags = { qos: 0, retain: false, empty: false };

/**
 * Whether a principal may do this.
 *
 * @param topicOrFilter a topic for `publish` and `receive`, a topic filter for `subscribe`
 * @param packet        for `publish`: its flags; left out, QoS 0 without retain
 */
export function allows(
  principal: Principal,
  action: Action,
  topicOrFilter: string,
  packet: PublishFlags = orderly,
): boolean {
  switch (action) {
    case 'publish':
      return mayPublish(principal, topicOrFilter, packet);
    case 'subscribe':
      return isTopicFilter(topicOrFilter) && maySubscribe(principal, topicOrFilter);
    case 'receive':
      return mayReceive(principal, topicOrFilter);
  }
}

function mayPublish(principal: Principal, topic: string, packet: PublishFlags): boolean {
  if (packet.qos > 1) return false;
  if (packet.retain && packet.empty) {
    // The api clears what is acked, deleted or orphaned, even under names an older version used.
    return principal.kind === 'api' && isTopicName(topic) && isUnderRoot(topic);
  }
  // What matches a row is a topic name: its levels are literals, or obey a grammar that is stricter.
  const match = lookUp(topic);
  return match !== undefined && isPublisher(principal, match) && obeysRow(rowOf(match.key), packet);
}

/** The row's QoS is a ceiling. State is always retained, a command or an event never, a report may be. */
function obeysRow(row: TopicRow, packet: PublishFlags): boolean {
  if (packet.qos > row.qos) return false;
  return row.retain === 'until_acked' || packet.retain === (row.retain === 'state');
}

function isPublisher(principal: Principal, match: TopicMatch): boolean {
  if (principal.kind === 'api') return true;
  return rowOf(match.key).from === speaks[principal.kind] && isOwn(principal, match);
}

const speaks = { device: 'device', user: 'self', claim: 'claim' } as const;

/** Whether the ids in the topic are the principal's own: tenant and owner come from the credential alone. */
function isOwn(principal: Principal, match: TopicMatch): boolean {
  const params = match.params as { org?: string; device?: string; user?: string; code?: string };
  switch (principal.kind) {
    case 'device':
      return params.org === principal.org && params.device === principal.device;
    case 'user':
      return params.org === principal.org && params.user === principal.user;
    case 'claim':
      return params.code === principal.code;
    case 'api':
      return true;
  }
}

function mayReceive(principal: Principal, topic: string): boolean {
  if (!isUnderRoot(topic)) return false;
  if (principal.kind === 'api') return true;
  if (principal.kind === 'user' && hearsAllOf(principal, topic)) return true;
  const match = lookUp(topic);
  return match !== undefined && isReader(principal, match);
}

/** `topics:all`: every topic of the org but the `users/…` of other people. */
function hearsAllOf(principal: UserPrincipal, topic: string): boolean {
  let scope = scopes.get(principal);
  if (!scope) scopes.set(principal, (scope = scopeOf(principal)));
  const { org, users, own } = scope;
  return org !== undefined && topic.startsWith(org) && (!topic.startsWith(users) || topic.startsWith(own));
}

/** What the topics begin with that a person hears; without `org` for one without `topics:all`. */
interface Scope {
  readonly org: string | undefined;
  readonly users: string;
  readonly own: string;
}
/** Asked for every delivery, and never changed: another role is another principal. */
const scopes = new WeakMap<UserPrincipal, Scope>();

function scopeOf({ org, user, permissions }: UserPrincipal): Scope {
  const all = `${underRoot}${org}/`;
  const users = `${all}users/`;
  return { org: permissions.includes('topics:all') ? all : undefined, users, own: `${users}${user}/` };
}

function isReader(principal: Exclude<Principal, { kind: 'api' }>, match: TopicMatch): boolean {
  const { readers, needs } = rowOf(match.key);
  switch (principal.kind) {
    case 'device':
      return readers.includes('everyone') || (readers.includes('device') && isOwn(principal, match));
    case 'claim':
      return readers.includes('claim') && isOwn(principal, match);
    case 'user': {
      if (readers.includes('everyone')) return true;
      if (needs !== undefined && !principal.permissions.includes(needs)) return false;
      if (readers.includes('self')) return isOwn(principal, match);
      const { org } = match.params as { org?: string };
      return readers.includes('people') && org === principal.org;
    }
  }
}

function maySubscribe(principal: Principal, filter: string): boolean {
  if (principal.kind === 'api') return filter.startsWith(underRoot);
  const levels = filter.split('/');
  if (principal.kind === 'user') {
    const [, , org, room, user] = levels;
    if (filter.startsWith(underRoot) && org === principal.org) {
      if (room === 'users' && user === principal.user) return true;
      if (principal.permissions.includes('topics:all')) {
        // `users/+/…` and `#` are granted; what they would bring from others is held back at delivery.
        return room !== 'users' || user === undefined || user === '+' || user === '#';
      }
    }
  }
  return grantedFilters(principal).some((granted) => isNarrower(levels, granted));
}

/** A filter is narrower than a granted one when each level is the same, or stands where that has a `+`. */
function isNarrower(levels: readonly string[], granted: readonly string[]): boolean {
  return (
    levels.length === granted.length &&
    levels.every((level, i) => level !== '#' && (granted[i] === '+' || level === granted[i]))
  );
}

/** The filters of every row this principal reads, own ids filled in and `+` for the other parameters. */
function grantedFilters(principal: Exclude<Principal, { kind: 'api' }>): string[][] {
  const own: Readonly<Record<string, string>> =
    principal.kind === 'device'
      ? { org: principal.org, device: principal.device }
      : principal.kind === 'claim'
        ? { code: principal.code }
        : { org: principal.org };
  const root = topicRoot.split('/');
  return topicKeys
    .filter((key) => isReaderOfRow(principal, rowOf(key)))
    .map((key) => [
      ...root,
      ...patternLevels[key].map((level) =>
        level.startsWith('{') ? (own[level.slice(1, -1)] ?? '+') : level,
      ),
    ]);
}

function isReaderOfRow(principal: Exclude<Principal, { kind: 'api' }>, row: TopicRow): boolean {
  if (principal.kind === 'claim') return row.readers.includes('claim');
  if (row.readers.includes('everyone')) return true;
  if (principal.kind === 'device') return row.readers.includes('device');
  // `self` rows are granted as `users/{user}/#` above.
  return row.readers.includes('people') && (!row.needs || principal.permissions.includes(row.needs));
}
