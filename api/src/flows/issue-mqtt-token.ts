import { limits, type MqttTokenOut } from '@yaguts/shared';
import { freshSecret } from '../identity/sealer.ts';
import type { IdentityDeps } from './identity-deps.ts';

/**
 * Makes the password that a browser sends in CONNECT: five minutes, bound to its session. It gates CONNECT
 * only; the connection then lasts as long as the session.
 */
export async function issueMqttToken(
  deps: IdentityDeps,
  session: { org: string; user: string; id: string },
): Promise<MqttTokenOut> {
  const token = freshSecret('ygm');
  const expires_at = deps.now() + limits.mqttTokenMs;
  await deps.store.createMqttToken({
    org_id: session.org,
    hash: deps.sealer.seal(token),
    session_id: session.id,
    user_id: session.user,
    expira_em: expires_at,
  });
  return { token, expires_at, url: '/mqtt', username: `u.${session.user}` };
}
