import { decode, type TopicMatch } from '@yaguts/shared';

/**
 * Whose `lost` still counts. A broker publishes a will late, perhaps after the device is back: it counts
 * only with the boot_id and session of the last `online`.
 */
export class LastOnline {
  readonly #pairs = new Map<string, string>();

  /**
   * Whether a presence message is news. A payload that cannot be read is not judged here: the api's
   * handler files it.
   */
  admits(match: TopicMatch & { key: 'presence' }, payload: Uint8Array | string): boolean {
    const read = decode('presence', payload);
    if (!read.ok) return true;
    const device = `${match.params.org}/${match.params.device}`;
    const pair = `${read.value.boot_id} ${read.value.session}`;
    if (read.value.state === 'online') this.#pairs.set(device, pair);
    return read.value.state !== 'lost' || this.#pairs.get(device) === pair;
  }
}
