import { topicFilter } from '@yaguts/shared';
import mqtt from 'mqtt';
import { LiveClient, type MqttToken } from '../live/client.ts';
import { directLink } from '../live/direct-link.ts';
import type { MqttLike } from '../live/engine.ts';
import type { LinkInfo } from '../live/protocol.ts';

/**
 * The real-time client on its own, for Node and for pages that are not ours: the same engine as the panel's,
 * in the thread of whoever calls it.
 *
 * ```ts
 * const live = await createLiveClient({ origin: 'http://localhost:8080', token: 'ygt_…' });
 * live.on('task:created', ({ job_id }) => console.log(job_id));
 * await live.connect();
 * ```
 */
export { type ClientState, LiveClient } from '../live/client.ts';

export interface LiveOptions {
  /** Where the platform is; in a browser the page's own origin when left out. */
  readonly origin?: string;
  /** A personal access token; without one the browser's session cookie counts. */
  readonly token?: string;
  /** Topic filters to hear beside the org's and one's own events; their messages come as `batch`. */
  readonly filters?: readonly string[];
  readonly fetch?: typeof fetch;
}

/** A personal token is its own MQTT password; it lasts until it is revoked. */
const foreverMs = 10 * 365 * 86_400_000;

/**
 * Finds out who one is and makes their client; `connect()` is the caller's. It hears every event of the org and
 * of the person, their badge and the answers to `send`.
 *
 * @throws Error when nobody is logged in or the token is not valid
 */
export async function createLiveClient(options: LiveOptions = {}): Promise<LiveClient> {
  const origin = options.origin ?? globalThis.location?.origin ?? '';
  const send = options.fetch ?? fetch;
  const call = async <T>(method: string, path: string): Promise<T> => {
    const headers: Record<string, string> = method === 'GET' ? {} : { 'Content-Type': 'application/json' };
    if (options.token !== undefined) headers.Authorization = `Bearer ${options.token}`;
    const answer = await send(origin + path, { method, headers });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
    return (await answer.json()) as T;
  };
  const whoAmI = () => call<{ org: string; user: string }>('GET', '/api/session');
  const { org, user } = await whoAmI();

  const token = async (): Promise<MqttToken> => {
    if (options.token === undefined) return call('POST', '/api/session/mqtt-token');
    // Asked again before each CONNECT: a token that was revoked meanwhile fails here, with a reason.
    await whoAmI();
    return { token: options.token, username: `u.${user}`, url: '/mqtt', expires_at: Date.now() + foreverMs };
  };
  const link = directLink((url, given) => mqtt.connect(url, given) as unknown as MqttLike);
  const live = new LiveClient({ org, user, link, token, origin });
  const filters = [
    topicFilter('orgEvent', { org }),
    topicFilter('userEvent', { org, user }),
    topicFilter('userBadge', { org, user }),
    topicFilter('userResponse', { org, user }),
    ...(options.filters ?? []),
  ];
  live.on<LinkInfo>('link', ({ state }) => {
    if (state === 'open') void live.subscribe(filters).then((refused) => refused && live.confirm());
  });
  return live;
}
