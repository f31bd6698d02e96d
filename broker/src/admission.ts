import { randomUUID } from 'node:crypto';
import type { Principal } from '@yaguts/shared';
import type { BrokerLimits } from './caps.ts';
import {
  type ConnectFault,
  type ConnectPacket,
  connectFault,
  identityOf,
  isWillAllowed,
} from './connect-rules.ts';

/** What whoever knows the credentials gets to see of a CONNECT. */
export interface ConnectAttempt {
  readonly username?: string;
  readonly password?: Uint8Array;
  readonly clientId: string;
  readonly address: string;
}
export type Authenticate = (
  attempt: ConnectAttempt,
) => Promise<Principal | undefined> | Principal | undefined;

export type Admission =
  | { readonly ok: true; readonly principal: Principal; readonly id: string }
  | ({ readonly ok: false } & ConnectFault);

interface Deps {
  readonly authenticate: Authenticate;
  readonly limits: BrokerLimits;
  /** Live connections of this person, beside the one this identity would take over. */
  readonly connectionsOf: (org: string, user: string, id: string) => number;
  /** Waits for this address's turn to CONNECT. */
  readonly turn: (address: string) => Promise<void> | undefined;
}

const refused = (reason: string, code: ConnectFault['code']): Admission => ({ ok: false, reason, code });

/** Decides about a CONNECT: its form, the credential, the client id, the will, the caps. */
export class Admissions {
  readonly #deps: Deps;
  /** Attempts whose credential is being looked up, each with the revocations that came meanwhile. */
  readonly #pending = new Set<((principal: Principal) => boolean)[]>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * A credential that was read as valid just before it was revoked must not connect just after: revocations
   * also reach the attempts under way.
   */
  revoke(match: (principal: Principal) => boolean): void {
    for (const vetoes of this.#pending) vetoes.push(match);
  }

  /** Never rejects: what `authenticate` throws is a refusal with code 3, and reported. */
  async admit(packet: ConnectPacket, address: string, failed: (error: unknown) => void): Promise<Admission> {
    const fault = connectFault(packet, this.#deps.limits.maxKeepaliveS);
    if (fault) return { ok: false, ...fault };
    const vetoes: ((principal: Principal) => boolean)[] = [];
    this.#pending.add(vetoes);
    try {
      await this.#deps.turn(address);
      const { username, password, clientId } = packet;
      const principal = await this.#deps.authenticate({
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
        clientId,
        address,
      });
      if (!principal) return refused('credential', 4);
      if (vetoes.some((match) => match(principal))) return refused('revoked', 5);
      return this.#check(packet, principal);
    } catch (error) {
      failed(error);
      return refused('authenticate_failed', 3);
    } finally {
      this.#pending.delete(vetoes);
    }
  }

  #check(packet: ConnectPacket, principal: Principal): Admission {
    const id = identityOf(principal, packet.clientId, randomUUID);
    if (id === undefined) return refused('client_id', 2);
    if (packet.will && !isWillAllowed(principal, packet.will)) return refused('will', 5);
    if (
      principal.kind === 'user' &&
      this.#deps.connectionsOf(principal.org, principal.user, id) >= this.#deps.limits.connectionsPerUser
    ) {
      return refused('user_connections', 3);
    }
    return { ok: true, principal, id };
  }
}
