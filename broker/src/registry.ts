import type { Principal } from '@yaguts/shared';
import type { BrokerLimits } from './caps.ts';
import type { ConnectPacket } from './connect-rules.ts';
import type { Link } from './link.ts';
import type { Report } from './report.ts';
import type { SessionStore } from './session-store.ts';
import type { ConnectedClient, ConnectionChange } from './surface.ts';

/**
 * Who is here. A connection goes accepted → admitted (credential and client id are good) → connected
 * (CONNACK sent) → closed; a session with clean=0 keeps its owner beyond that. It is kept apart from aedes'
 * own list, which loses a connection when an identity is taken over twice at once.
 */
export class Registry {
  readonly links: Set<Link> = new Set();
  readonly #sessions: SessionStore;
  readonly #limits: Pick<BrokerLimits, 'sessionsPerUser'>;
  readonly #report: Report;
  readonly #now: () => number;
  readonly #byId = new Map<string, Link>();
  readonly #byUser = new Map<string, Set<Link>>();
  readonly #owners = new Map<string, Principal>();
  readonly #listeners: ((change: ConnectionChange) => void)[] = [];

  constructor(
    sessions: SessionStore,
    limits: Pick<BrokerLimits, 'sessionsPerUser'>,
    report: Report,
    now: () => number,
  ) {
    this.#limits = limits;
    this.#sessions = sessions;
    this.#report = report;
    this.#now = now;
  }

  onConnection(listener: (change: ConnectionChange) => void): void {
    this.#listeners.push(listener);
  }

  /** The principal a session belongs to, connected or not. */
  ownerOf(id: string): Principal | undefined {
    return this.#owners.get(id);
  }

  /** Live connections of a person, beside the one with this id. */
  connectionsOf(org: string, user: string, id: string): number {
    let count = 0;
    for (const link of this.#byUser.get(`${org}/${user}`) ?? []) if (link.id !== id) count++;
    return count;
  }

  clients(): ConnectedClient[] {
    const connected: ConnectedClient[] = [];
    for (const { connected: isConnected, principal, clientId, since, address } of this.links) {
      if (isConnected && principal) connected.push({ principal, clientId, since, address });
    }
    return connected;
  }

  admitted(link: Link, packet: ConnectPacket, principal: Principal, id: string): void {
    link.principal = principal;
    link.clientId = packet.clientId;
    link.id = id;
    const other = this.#byId.get(id);
    this.#byId.set(id, link);
    if (other) this.#takeOver(other);
    if (principal.kind === 'user') this.#linksOf(principal.org, principal.user).add(link);
    this.#owners.delete(id);
    if (packet.clean === true) return;
    this.#boundSessions(principal);
    this.#owners.set(id, principal);
  }

  /**
   * [MQTT-3.1.4-2]. aedes does it too, but of three that come at once it may leave two connected: it takes
   * the one that is closing for the one that is there.
   */
  #takeOver(other: Link): void {
    other.stream.destroy();
    if (!other.connected) return;
    other.replaced = true;
    this.#report.count('takeovers');
    this.#notify(other, 'takeover');
  }

  /** Client ids are free with a token, so one person could leave any number of sessions behind. */
  #boundSessions(principal: Principal): void {
    if (principal.kind !== 'user') return;
    let count = 1;
    let oldest: string | undefined;
    for (const [id, owner] of this.#owners) {
      if (owner.kind !== 'user' || owner.user !== principal.user || owner.org !== principal.org) continue;
      count++;
      if (oldest === undefined && !this.#byId.has(id)) oldest = id;
    }
    if (count > this.#limits.sessionsPerUser && oldest !== undefined) this.#end(oldest);
  }

  connected(link: Link): void {
    link.connected = true;
    link.since = this.#now();
    this.#sessions.setOnline(link.id, true);
    this.#report.count('connects');
    this.#report.log('client_connected', link);
    this.#notify(link, 'connected');
  }

  subscribed(link: Link, filters: readonly string[]): void {
    this.#notify(link, 'subscribed', filters);
  }

  closed(link: Link): void {
    link.closed = true;
    this.links.delete(link);
    const { principal, id } = link;
    if (!principal) return;
    if (this.#byId.get(id) === link) {
      this.#byId.delete(id);
      this.#sessions.setOnline(id, false);
    }
    if (principal.kind === 'user') this.#unlist(principal.org, principal.user, link);
    if (link.connected && !link.replaced) this.#notify(link, 'closed');
  }

  /** Closes the connections of these principals at once and ends their sessions. */
  disconnect(match: (principal: Principal) => boolean): number {
    let closed = 0;
    for (const link of this.links) {
      if (!link.principal || !match(link.principal)) continue;
      link.revoked = true;
      if (link.connected) closed++;
      link.stream.destroy();
      this.#sessions.drop(link.id);
    }
    for (const [id, principal] of this.#owners) if (match(principal)) this.#end(id);
    return closed;
  }

  /** Ends the sessions nobody came back for. */
  expire(): void {
    for (const id of this.#sessions.expire()) this.#owners.delete(id);
    for (const id of this.#owners.keys()) {
      // clean=0 without a single filter leaves nothing to keep.
      if (!this.#byId.has(id) && !this.#sessions.has(id)) this.#owners.delete(id);
    }
  }

  #end(id: string): void {
    this.#sessions.drop(id);
    this.#owners.delete(id);
  }

  #notify(link: Link, kind: ConnectionChange['kind'], filters?: readonly string[]): void {
    const { principal, clientId } = link;
    if (!principal) return;
    const change: ConnectionChange = { kind, principal, clientId, ...(filters && { filters }) };
    for (const listener of this.#listeners) {
      this.#report.guarded('onConnection', () => listener(change), undefined);
    }
  }

  #linksOf(org: string, user: string): Set<Link> {
    const key = `${org}/${user}`;
    let links = this.#byUser.get(key);
    if (!links) this.#byUser.set(key, (links = new Set()));
    return links;
  }

  #unlist(org: string, user: string, link: Link): void {
    const links = this.#linksOf(org, user);
    links.delete(link);
    if (links.size === 0) this.#byUser.delete(`${org}/${user}`);
  }
}
