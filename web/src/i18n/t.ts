import { computed, signal } from '@preact/signals';
import type { Message } from './message.ts';
import type { officePtBR } from './office.pt-BR.ts';
import type { pagesPtBR } from './pages.pt-BR.ts';
import { shellPtBR } from './shell.pt-BR.ts';

export const languages = ['pt-BR', 'en'] as const;
export type Language = (typeof languages)[number];
export type Key = keyof typeof shellPtBR | keyof typeof pagesPtBR | keyof typeof officePtBR;
export type Params = Readonly<Record<string, string | number>>;
type Texts = Readonly<Record<string, Message>>;

/** Texts arrive in parts: the shell's with the shell, the others with the first page that needs them. */
export type Part = 'pages' | 'office';

export const language = signal<Language>('pt-BR');
/** The language that was asked for last: parts that are fetched meanwhile come in it. */
let coming: Language = 'pt-BR';
const shell = signal<Texts>(shellPtBR);
const parts = signal<Readonly<Partial<Record<Part, Texts>>>>({});
const texts = computed<Texts>(() => ({ ...shell.value, ...parts.value.pages, ...parts.value.office }));

const loadShell: Record<Language, () => Promise<Texts>> = {
  'pt-BR': async () => shellPtBR,
  en: async () => (await import('./shell.en.ts')).shellEn,
};
const loadPart: Record<Part, Record<Language, () => Promise<Texts>>> = {
  pages: {
    'pt-BR': async () => (await import('./pages.pt-BR.ts')).pagesPtBR,
    en: async () => (await import('./pages.en.ts')).pagesEn,
  },
  office: {
    'pt-BR': async () => (await import('./office.pt-BR.ts')).officePtBR,
    en: async () => (await import('./office.en.ts')).officeEn,
  },
};

/** The language to begin with: the stored choice, else the browser's. */
export function firstLanguage(stored: string | undefined, browser: string): Language {
  if (languages.includes(stored as Language)) return stored as Language;
  return /^pt/i.test(browser) ? 'pt-BR' : 'en';
}

/** Switches everything that is shown to a language; on failure (offline) the present one stays. */
export async function setLanguage(next: Language): Promise<void> {
  const here = Object.keys(parts.peek()) as Part[];
  coming = next;
  try {
    const [nextShell, ...loaded] = await Promise.all([
      loadShell[next](),
      ...here.map((part) => loadPart[part][next]()),
    ]);
    shell.value = nextShell;
    parts.value = {
      ...parts.peek(),
      ...Object.fromEntries(here.map((part, i) => [part, loaded[i] as Texts])),
    };
    language.value = next;
  } catch (error) {
    coming = language.peek();
    throw error;
  }
  document.documentElement.lang = next;
}

/** Fetches the parts that a page needs and that are not here yet. */
export async function loadTexts(...wanted: readonly Part[]): Promise<void> {
  const missing = wanted.filter((part) => !parts.peek()[part]);
  const loaded = await Promise.all(missing.map((part) => loadPart[part][coming]()));
  if (missing.length === 0) return;
  parts.value = {
    ...parts.peek(),
    ...Object.fromEntries(missing.map((part, i) => [part, loaded[i] as Texts])),
  };
}

/**
 * The text of a key in the present language; components that call it are redrawn when the language changes.
 *
 * @param params  fill `{name}`; numbers are formatted for the language; `n` chooses the plural form
 */
export function t(key: Key, params?: Params): string {
  return format(texts.value[key] ?? '', params, language.value);
}

/** The text of an api code, or undefined when it is none of ours. */
export function known(prefix: string, code: string): string | undefined {
  const message = texts.value[`${prefix}.${code}`];
  return message === undefined ? undefined : format(message, undefined, language.value);
}

/** The text of an api code, or the code itself: an unknown code is shown rather than hidden. */
export const word = (prefix: string, code: string): string => known(prefix, code) ?? code;

/**
 * One `Intl` object per language: making one costs more than drawing the frasco that its number stands in.
 */
export function perLanguage<T>(make: (lang: Language) => T): (lang: Language) => T {
  const made = new Map<Language, T>();
  return (lang) => {
    let one = made.get(lang);
    if (!one) made.set(lang, (one = make(lang)));
    return one;
  };
}
const numberIn = perLanguage((lang) => new Intl.NumberFormat(lang));
const pluralIn = perLanguage((lang) => new Intl.PluralRules(lang));

/**
 * Makes the first number format of this process, which reads ICU's tables: 20 ms here, 90 on a slow phone. To be
 * called while the page waits for the network, or the first drawing pays for it.
 */
export const warmNumbers = (lang: Language): string => numberIn(lang).format(0);

/** Pure half of {@link t}. */
export function format(message: Message, params: Params | undefined, lang: Language): string {
  const text = typeof message === 'string' ? message : pluralForm(message, Number(params?.n ?? 0), lang);
  if (!params) return text;
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = params[name];
    if (value === undefined) return hole;
    return typeof value === 'number' ? numberIn(lang).format(value) : value;
  });
}

function pluralForm(forms: { one: string; other: string }, n: number, lang: Language): string {
  return pluralIn(lang).select(n) === 'one' ? forms.one : forms.other;
}
