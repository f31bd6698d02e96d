import { matchTopic } from '@yaguts/shared';
import type { Link } from './core/ports.ts';

export interface UnrulyOptions {
  /** How often each report goes out beside the first time. */
  readonly duplicates: number;
  /** Reports are held until the next one has gone out, or so long. */
  readonly reorderHoldMs: number | undefined;
}

/** A way to the broker that repeats reports and swaps their order, as a bad network does. */
export function makeUnruly(link: Link, { duplicates, reorderHoldMs }: UnrulyOptions): Link {
  let held: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;

  const release = (): void => {
    clearTimeout(timer);
    const send = held;
    held = undefined;
    send?.();
  };

  return {
    publish(topic, payload, options) {
      const send = (): boolean => {
        let sent = link.publish(topic, payload, options);
        for (let n = 0; n < duplicates && sent; n++) sent = link.publish(topic, payload, options);
        return sent;
      };
      const key = matchTopic(topic)?.key;
      if (key !== 'jobLog' && key !== 'jobComplete') return link.publish(topic, payload, options);
      if (reorderHoldMs === undefined || key === 'jobComplete') return send();
      if (held) {
        const sent = send();
        release();
        return sent;
      }
      held = send;
      timer = setTimeout(release, reorderHoldMs).unref();
      return true;
    },
  };
}
