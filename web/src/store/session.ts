import { signal } from '@preact/signals';
import type { Permission, SessionOut as SessionSchema } from '@yaguts/shared';
import type * as v from 'valibot';
import { HttpProblem, onUnauthorized, request } from '../api/http.ts';
import { onLogoutElsewhere, tellLogout } from './prefs.ts';

export type Session = v.InferOutput<typeof SessionSchema>;

/** undefined: not asked yet; null: nobody is logged in. */
export const session = signal<Session | null | undefined>(undefined);
/** What went wrong when the platform was asked who we are; the shell offers "again". */
export const sessionProblem = signal<HttpProblem | undefined>(undefined);

/** Screens ask for permissions, never for a role. */
export const can = (permission: Permission): boolean =>
  session.value?.permissions.includes(permission) ?? false;

/** The time zone that dates of this org are told in. */
export const zone = (): string | undefined => session.value?.fuso;

/** Asks who is logged in; never throws: the answer, null, or {@link sessionProblem}. */
export async function loadSession(): Promise<void> {
  try {
    session.value = await request<Session>('GET', '/api/session');
    sessionProblem.value = undefined;
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    if (error.code === 'unauthorized') session.value = null;
    else sessionProblem.value = error;
  }
}

/**
 * Ends the session everywhere in this browser: server, other tabs, caches of the service worker.
 * The page is loaded anew, so that nothing of the last person stays in memory.
 */
export async function logout(): Promise<void> {
  try {
    await request('DELETE', '/api/session');
  } finally {
    tellLogout();
    await forgetCaches();
    location.assign('/entrar');
  }
}

async function forgetCaches(): Promise<void> {
  if (!('caches' in globalThis)) return;
  for (const name of await caches.keys()) await caches.delete(name);
}

onUnauthorized(() => {
  session.value = null;
});
onLogoutElsewhere(() => location.assign('/entrar'));
