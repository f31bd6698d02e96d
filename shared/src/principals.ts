import type { Permission } from './permissions.ts';

/**
 * Who speaks on a connection. Made once by whoever checked the credential; rights are decided from this
 * value and the topic table alone. `credential` names the stored credential, so that revoking it can find
 * the live connections it opened.
 */
export type Principal = DevicePrincipal | UserPrincipal | ApiPrincipal | ClaimPrincipal;

export interface DevicePrincipal {
  readonly kind: 'device';
  readonly org: string;
  readonly device: string;
  readonly credential: string;
}

export interface UserPrincipal {
  readonly kind: 'user';
  readonly org: string;
  readonly user: string;
  readonly permissions: readonly Permission[];
  /** A browser session's client id is `u.{user}.{random}`; a personal token may bring any. */
  readonly via: 'session' | 'token';
  readonly credential: string;
}

export interface ApiPrincipal {
  readonly kind: 'api';
  readonly instance: string;
  readonly credential: string;
}

export interface ClaimPrincipal {
  readonly kind: 'claim';
  readonly code: string;
  readonly credential: string;
}

/** The MQTT username of a principal (contract, section 1). */
export function usernameOf(principal: Principal): string {
  switch (principal.kind) {
    case 'device':
      return `${principal.org}.${principal.device}`;
    case 'user':
      return `u.${principal.user}`;
    case 'api':
      return `_server.${principal.instance}`;
    case 'claim':
      return `claim.${principal.code}`;
  }
}
