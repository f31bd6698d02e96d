import { auditRoutes } from './audit.ts';
import { claimRoutes } from './claims.ts';
import { credentialRoutes } from './credentials.ts';
import type { HttpDeps } from './deps.ts';
import { deviceRoutes } from './devices.ts';
import type { Routes } from './env.ts';
import { estoqueRoutes } from './estoque.ts';
import { eventRoutes } from './events.ts';
import { firmwareV02Routes } from './firmware-v02.ts';
import { installationRoutes } from './installation.ts';
import { inviteRoutes } from './invites.ts';
import { jobListRoutes } from './job-lists.ts';
import { jobRoutes } from './jobs.ts';
import { kitchenRoutes } from './kitchen.ts';
import { mySessionRoutes } from './my-sessions.ts';
import { noticeRoutes } from './notices.ts';
import { orgRoutes } from './org.ts';
import { orgsRoutes } from './orgs.ts';
import { queueRoutes } from './queue.ts';
import { rateLimitRoutes } from './rate-limits.ts';
import { rejectedRoutes } from './rejected.ts';
import { ruleRoutes } from './rules.ts';
import { sessionRoutes } from './session.ts';
import { simulateRoutes } from './simulate.ts';
import { tokenRoutes } from './tokens.ts';
import { userRoutes } from './users.ts';

/** One app per noun. */
export function nouns(deps: HttpDeps): readonly Routes[] {
  return [
    sessionRoutes(deps),
    kitchenRoutes(deps),
    deviceRoutes(deps),
    claimRoutes(deps),
    credentialRoutes(deps),
    rejectedRoutes(deps),
    estoqueRoutes(deps),
    jobListRoutes(deps),
    jobRoutes(deps),
    queueRoutes(deps),
    eventRoutes(deps),
    noticeRoutes(deps),
    ruleRoutes(deps),
    userRoutes(deps),
    inviteRoutes(deps),
    mySessionRoutes(deps),
    tokenRoutes(deps),
    orgRoutes(deps),
    rateLimitRoutes(deps),
    auditRoutes(deps),
    orgsRoutes(deps),
    installationRoutes(deps),
    firmwareV02Routes(deps),
    simulateRoutes(deps),
  ];
}
