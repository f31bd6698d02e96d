import { type Language, language, perLanguage } from './t.ts';

/** Every number, amount and date a person sees or types passes here. */

/** Formats of numbers by how many decimals they may have; a page has a handful. */
const byDigits = (options: Intl.NumberFormatOptions) => {
  const made: ReturnType<typeof perLanguage<Intl.NumberFormat>>[] = [];
  return (digits: number): Intl.NumberFormat => {
    const format = (made[digits] ??= perLanguage(
      (lang) => new Intl.NumberFormat(lang, { ...options, maximumFractionDigits: digits }),
    ));
    return format(language.value);
  };
};
const plainNumber = byDigits({});
const percentNumber = byDigits({ style: 'percent' });
const inputNumber = perLanguage(
  (lang) => new Intl.NumberFormat(lang, { useGrouping: false, maximumFractionDigits: 3 }),
);
const relativeTime = perLanguage(
  (lang) => new Intl.RelativeTimeFormat(lang, { numeric: 'auto', style: 'short' }),
);

/** A plain number with at most `digits` decimals: `1.234,6`. */
export const decimal = (value: number, digits = 1): string => plainNumber(digits).format(value);

/** Grams: `2,5 g`; below a tenth of a gram up to milligrams. */
export const grams = (g: number): string => `${decimal(g, Math.abs(g) < 0.1 ? 3 : 1)} g`;

/** Millilitres of a Brazilian teaspoon, and of a pitada, its eighth. */
const chaMl = 5;
const pitadaMl = chaMl / 8;

/** An amount as a cook measures it without scales. */
export interface Spoons {
  readonly unit: 'cha' | 'pitada';
  readonly n: number;
}

/**
 * Grams as colheres de chá, in quarters up to 5 and whole ones above, or as pitadas below a quarter.
 *
 * @param density grams in one millilitre; without it, or without an amount, there is nothing to say
 */
export function spoons(g: number, density: number | null | undefined): Spoons | undefined {
  if (!density || density <= 0 || !(g > 0)) return undefined;
  const ml = g / density;
  const cha = ml / chaMl;
  if (cha < 0.25) return { unit: 'pitada', n: Math.max(1, Math.round(ml / pitadaMl)) };
  return { unit: 'cha', n: cha < 5 ? Math.round(cha * 4) / 4 : Math.round(cha) };
}

/** What an amount may be typed in; the last two need a density. */
export const amountUnits = ['g', 'cha', 'pitada'] as const;
export type AmountUnit = (typeof amountUnits)[number];

/** Grams of one unit of a tempero with this density (g/ml). */
export const gramsPer = (unit: AmountUnit, density: number): number =>
  unit === 'g' ? 1 : density * (unit === 'cha' ? chaMl : pitadaMl);

/** A size of a file: `12,3 MB`. */
export function bytes(n: number): string {
  if (n < 1_000) return `${n} B`;
  return n < 1_000_000 ? `${decimal(n / 1_000)} kB` : `${decimal(n / 1_000_000)} MB`;
}

/** A share of one as percent: `98,2 %`; null is a dash. */
export const percent = (share: number | null, digits = 1): string =>
  share === null ? '–' : percentNumber(digits).format(share);

/** A span of time for a cook: `2,1 s`, `1 min 20 s`, `2 h 5 min`; null is a dash. */
export function duration(ms: number | null): string {
  if (ms === null) return '–';
  const s = ms / 1_000;
  if (s < 60) return `${decimal(s, s < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return join(`${minutes} min`, Math.round(s % 60), 's');
  return join(`${decimal(Math.floor(minutes / 60), 0)} h`, minutes % 60, 'min');
}
const join = (big: string, small: number, unit: string): string => (small ? `${big} ${small} ${unit}` : big);

/** "há 3 min" / "3 min ago"; under ten seconds `now` is said by the language itself. */
export function ago(ms: number): string {
  const format = relativeTime(language.value);
  const s = Math.max(0, Math.round(ms / 1_000));
  const say = (n: number, unit: Intl.RelativeTimeFormatUnit): string =>
    // "3 min." loses its dot: it stands in the middle of sentences.
    format.format(n, unit).replace(/(\p{L})\./gu, '$1');
  if (s < 10) return say(0, 'second');
  if (s < 60) return say(-s, 'second');
  if (s < 3_600) return say(-Math.floor(s / 60), 'minute');
  if (s < 86_400) return say(-Math.floor(s / 3_600), 'hour');
  return say(-Math.floor(s / 86_400), 'day');
}

type DateStyle = 'short' | 'time' | 'date';
const dateOptions: Readonly<Record<DateStyle, Intl.DateTimeFormatOptions>> = {
  short: { day: '2-digit', month: '2-digit', year: '2-digit', hour: '2-digit', minute: '2-digit' },
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  date: { dateStyle: 'medium' },
};
const dateFormats = new Map<string, Intl.DateTimeFormat>();

/** One format for each language, zone and style: a page of history has fifty dates. */
function dateFormat(lang: Language, zone: string | undefined, style: DateStyle): Intl.DateTimeFormat {
  const key = `${lang} ${zone} ${style}`;
  let made = dateFormats.get(key);
  if (!made) {
    const options = dateOptions[style];
    try {
      made = new Intl.DateTimeFormat(lang, { ...options, ...(zone && { timeZone: zone }) });
    } catch {
      made = new Intl.DateTimeFormat(lang, options);
    }
    dateFormats.set(key, made);
  }
  return made;
}

/** Date and time in the org's time zone; an unknown zone falls back to the browser's. */
export const dateTime = (ms: number | null, zone?: string, style: DateStyle = 'short'): string =>
  ms === null ? '–' : dateFormat(language.value, zone, style).format(ms);

/** The text to put into an input for a number, without grouping: `2,5`. */
export const editable = (value: number | null | undefined, lang: Language = language.value): string =>
  value === null || value === undefined ? '' : inputNumber(lang).format(value);

/**
 * The one decimal parser: reads what a person types in either language. `2,5` and `2.5` are both two and a
 * half in both; only a full grouping of the present language (`1.234` in pt-BR, `1,234` in en) means thousands.
 *
 * @returns NaN when it is not a number, so that a form can say so; never a guess
 */
export function parseDecimal(text: string, lang: Language = language.value): number {
  const trimmed = text.trim().replace(/[\s\u00a0\u202f]/g, '');
  const [group, point] = lang === 'pt-BR' ? ['.', ','] : [',', '.'];
  const grouped = new RegExp(`^[-+]?\\d{1,3}(\\${group}\\d{3})+(\\${point}\\d+)?$`);
  const plain = grouped.test(trimmed)
    ? trimmed.replaceAll(group, '').replace(point, '.')
    : trimmed.replace(',', '.');
  return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : Number.NaN;
}
