import type { Link } from './link.ts';
import type { Report } from './report.ts';

/** A connection has at most one line of the log in so long for the filters that it is refused. */
const quietMs = 1_000;

interface Pace {
  saidAt: number;
  leftOut: number;
}

/**
 * What is told of refused filters. A refusal costs its client nothing and the connection goes on, so that a flood of
 * SUBSCRIBEs would be a flood of lines: every one is counted, one a second is logged, with the number of those since the last.
 */
export class RefusedFilters {
  readonly #report: Report;
  readonly #now: () => number;
  readonly #paces = new WeakMap<Link, Pace>();

  constructor(report: Report, now: () => number) {
    this.#report = report;
    this.#now = now;
  }

  tell(link: Link | undefined, filter: string, reason: string): void {
    this.#report.count(`refused_subscribe_${reason}`);
    const fields = { filter: filter.slice(0, 256), reason };
    if (!link) {
      this.#report.log('subscribe_refused', link, fields);
      return;
    }
    const now = this.#now();
    const pace = this.#paces.get(link);
    if (pace && now - pace.saidAt < quietMs) {
      pace.leftOut++;
      return;
    }
    this.#paces.set(link, { saidAt: now, leftOut: 0 });
    this.#report.log('subscribe_refused', link, { ...fields, left_out: pace?.leftOut ?? 0 });
  }

  /** The connection is gone: what was left out until then is said once. */
  closed(link: Link): void {
    const leftOut = this.#paces.get(link)?.leftOut ?? 0;
    this.#paces.delete(link);
    if (leftOut > 0) this.#report.log('subscribe_refused', link, { left_out: leftOut });
  }
}
