import { AppError, type Permission, reservedEventPrefixes } from '@yaguts/shared';
import type { FlowDeps } from './deps.ts';

export interface EventIn {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** One person of the org; everybody when left out. */
  readonly user?: string | undefined;
}

/** The payload limit of the topic, less its id, type and time. */
const maxDataBytes = 16_384 - 512;

/**
 * Tells an org, or one person of it, of an event of an integration. Types of the platform itself are refused,
 * so that nobody can be shown an approval or an alarm that never was.
 *
 * @throws AppError "forbidden", "invalid", "not_found" for a person of another org
 */
export async function sendEvent(
  deps: FlowDeps,
  sender: { org: string; user: string; permissions: readonly Permission[] },
  event: EventIn,
): Promise<void> {
  if (!sender.permissions.includes('events:send'))
    throw new AppError('forbidden', 'This needs the permission events:send');
  const fault = (path: string, message: string): AppError =>
    new AppError('invalid', undefined, { faults: [{ path, message }] });
  if (reservedEventPrefixes.some((prefix) => event.type.startsWith(prefix)))
    throw fault(
      'type',
      `is reserved for the platform: do not begin with ${reservedEventPrefixes.join(', ')}`,
    );
  if (Buffer.byteLength(JSON.stringify(event.data)) > maxDataBytes)
    throw fault('data', `must fit ${maxDataBytes} bytes`);
  if (event.user !== undefined) {
    const person = await deps.store.findUser(event.user);
    if (!person || person.org_id !== sender.org)
      throw new AppError('not_found', `There is no ${event.user} in this org`);
  }
  deps.notify(sender.org, event.type, event.data, event.user);
  deps.log('event_sent', { org: sender.org, by: sender.user, type: event.type, user: event.user });
}
