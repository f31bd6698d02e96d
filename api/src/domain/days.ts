/** Days in an organisation's time zone, where a day may have 23 or 25 hours. */

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(fuso: string): Intl.DateTimeFormat {
  let format = formats.get(fuso);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: fuso,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(fuso, format);
  }
  return format;
}

const partsOf = (at: number, fuso: string): Record<string, string> =>
  Object.fromEntries(
    formatOf(fuso)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );

/**
 * The calendar day of a moment, as ISO date.
 *
 * @param fuso an IANA time zone; a RangeError otherwise
 */
export function isoDay(at: number, fuso: string): string {
  const { year, month, day } = partsOf(at, fuso);
  return `${year}-${month}-${day}`;
}

/** What the clocks of the zone show, read as if it were UTC, minus UTC. */
function offsetMs(at: number, fuso: string): number {
  const { year, month, day, hour, minute, second } = partsOf(at, fuso);
  const shown = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  return shown - Math.floor(at / 1_000) * 1_000;
}

/** The moment a calendar day begins in the zone: its midnight, or the first moment after a skipped one. */
export function startOfDay(day: string, fuso: string): number {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // The offset just before may differ from the one at midnight (a change of clocks that night): take the
  // candidate that really lies in the day, the earlier one when both do.
  const candidates = [-86_400_000, 0, 86_400_000]
    .map((shift) => midnight - offsetMs(midnight + shift, fuso))
    .sort((a, b) => a - b);
  const first = candidates.find((at) => isoDay(at, fuso) === day && isoDay(at - 1, fuso) !== day);
  return first ?? (candidates.find((at) => isoDay(at, fuso) === day) as number);
}

/** `count` days ending with the day of `now`, oldest first, each with its first moment and the next day's. */
export function lastDays(
  now: number,
  count: number,
  fuso: string,
): { dia: string; de: number; ate: number }[] {
  const today = Date.parse(`${isoDay(now, fuso)}T00:00:00Z`);
  const dias = Array.from({ length: count + 1 }, (_, index) =>
    new Date(today + (index - count + 1) * 86_400_000).toISOString().slice(0, 10),
  );
  const starts = dias.map((dia) => startOfDay(dia, fuso));
  return dias.slice(0, count).map((dia, index) => ({
    dia,
    de: starts[index] as number,
    ate: starts[index + 1] as number,
  }));
}
