import { computed, signal } from '@preact/signals';
import type { Message } from './message.ts';
import type { pagesPtBR } from './pages.pt-BR.ts';
import { shellPtBR } from './shell.pt-BR.ts';

export const languages = ['pt-BR', 'en'] as const;
export type Language = (typeof languages)[number];
export type Key = keyof typeof shellPtBR | keyof typeof pagesPtBR;
export type Params = Readonly<Record<string, string | number>>;
type Texts = Readonly<Record<string, Message>>;

export const language = signal<Language>('pt-BR');
const shell = signal<Texts>(shellPtBR);
const pages = signal<Texts | undefined>(undefined);
const texts = computed<Texts>(() => ({ ...shell.value, ...pages.value }));

/** The shell's Portuguese travels with the shell; the rest are chunks of their own. */
const loadShell: Record<Language, () => Promise<Texts>> = {
  'pt-BR': async () => shellPtBR,
  en: async () => (await import('./shell.en.ts')).shellEn,
};
const loadPages: Record<Language, () => Promise<Texts>> = {
  'pt-BR': async () => (await import('./pages.pt-BR.ts')).pagesPtBR,
  en: async () => (await import('./pages.en.ts')).pagesEn,
};

/** The language to begin with: the stored choice, else the browser's. */
export function firstLanguage(stored: string | undefined, browser: string): Language {
  if (languages.includes(stored as Language)) return stored as Language;
  return /^pt/i.test(browser) ? 'pt-BR' : 'en';
}

/** Switches everything that is shown to a language; on failure (offline) the present one stays. */
export async function setLanguage(next: Language): Promise<void> {
  const [nextShell, nextPages] = await Promise.all([
    loadShell[next](),
    pages.peek() ? loadPages[next]() : undefined,
  ]);
  shell.value = nextShell;
  pages.value = nextPages;
  language.value = next;
  document.documentElement.lang = next;
}

/** The texts of the pages, fetched beside the first page. */
export async function loadPageTexts(): Promise<void> {
  if (pages.peek()) return;
  pages.value = await loadPages[language.peek()]();
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

/** Pure half of {@link t}. */
export function format(message: Message, params: Params | undefined, lang: Language): string {
  const text = typeof message === 'string' ? message : pluralForm(message, Number(params?.n ?? 0), lang);
  if (!params) return text;
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = params[name];
    if (value === undefined) return hole;
    return typeof value === 'number' ? new Intl.NumberFormat(lang).format(value) : value;
  });
}

function pluralForm(forms: { one: string; other: string }, n: number, lang: Language): string {
  return new Intl.PluralRules(lang).select(n) === 'one' ? forms.one : forms.other;
}
