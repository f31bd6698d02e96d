import * as v from 'valibot';
import { startOfDay } from '../domain/days.ts';
import type { HttpDeps } from './deps.ts';

/** A day in the org's time zone, or a moment in epoch milliseconds. */
const when = v.optional(
  v.pipe(v.string(), v.check(isDayOrMoment, 'write a day as YYYY-MM-DD, or epoch milliseconds')),
);
/** From and until, as a query says them. */
export const period = { de: when, ate: when } as const;

export interface Period {
  readonly de?: number | undefined;
  readonly ate?: number | undefined;
}

/** The period as moments: from the first of `de` on, before the first that is no more of `ate`. */
export async function periodOf(
  deps: Pick<HttpDeps, 'store'>,
  org: string,
  { de, ate }: { readonly de?: string | undefined; readonly ate?: string | undefined },
): Promise<Period> {
  if (de === undefined && ate === undefined) return {};
  const fuso = (await deps.store.findOrg(org))?.fuso ?? 'UTC';
  const moment = (text: string, days: number): number =>
    /^\d+$/.test(text) ? Number(text) : startOfDay(dayAfter(text, days), fuso);
  return {
    ...(de !== undefined && { de: moment(de, 0) }),
    // The last day is counted in: up to the first moment of the one after it.
    ...(ate !== undefined && { ate: moment(ate, 1) }),
  };
}

function isDayOrMoment(text: string): boolean {
  if (/^\d{1,15}$/.test(text)) return true;
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true
  );
}

const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
