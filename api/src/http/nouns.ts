import { credentialRoutes } from './credentials.ts';
import type { HttpDeps } from './deps.ts';
import type { Routes } from './env.ts';
import { eventRoutes } from './events.ts';
import { orgRoutes } from './org.ts';
import { sessionRoutes } from './session.ts';
import { tokenRoutes } from './tokens.ts';
import { userRoutes } from './users.ts';

/** One app per noun. */
export function nouns(deps: HttpDeps): readonly Routes[] {
  return [
    sessionRoutes(deps),
    credentialRoutes(deps),
    eventRoutes(deps),
    userRoutes(deps),
    tokenRoutes(deps),
    orgRoutes(deps),
  ];
}
