import type { HttpBindings } from '@hono/node-server';
import type { DevicePrincipal, UserPrincipal } from '@yaguts/shared';
import type { Hono } from 'hono';

/** A person or a program of theirs. `sessao` is the stored id of a browser session. */
export interface PersonCaller extends UserPrincipal {
  readonly plataforma: boolean;
}
/** Who sends a request; made by the credential alone, never by anything in the request. */
export type Caller = PersonCaller | DevicePrincipal;

/** What travels beside a request. */
export interface Env {
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** The client's address; '' when there is no socket. */
    address: string;
    /** The client speaks TLS, to us or to a proxy that we trust. */
    secure: boolean;
    /** The body's bytes; undefined for methods that carry none. */
    body: Uint8Array | undefined;
    caller: Caller | undefined;
  };
}

/** An app of one noun, mounted at the root: handlers stand beside their whole paths. */
export type Routes = Hono<Env>;
