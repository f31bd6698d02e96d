import { effect, signal } from '@preact/signals';
import type { Language } from '../i18n/t.ts';

/** What a person chose for this browser. Nothing here is secret, nothing here is truth about the kitchen. */
export interface Prefs {
  readonly language?: Language;
  readonly theme?: 'light' | 'dark';
  readonly sound: boolean;
  /** The execution dialog closes itself after success. */
  readonly autoClose: boolean;
  /** Shortcuts of one key (`g p`, `/`, `?`). */
  readonly singleKeys: boolean;
  readonly kiosk: boolean;
}

const key = 'yaguts.prefs';
const defaults: Prefs = { sound: false, autoClose: true, singleKeys: true, kiosk: false };

function read(): Prefs {
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Prefs>) };
  } catch {
    return defaults;
  }
}

export const prefs = signal<Prefs>(read());

/** Other tabs of this browser; absent in very old ones, which then simply do not follow. */
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('yaguts');
type Word = { readonly kind: 'prefs'; readonly prefs: Prefs } | { readonly kind: 'logout' };
const logoutListeners = new Set<() => void>();

/** Changes some preferences here and in the other tabs. `undefined` takes a choice back to the system's. */
export function setPrefs(change: { [K in keyof Prefs]?: Prefs[K] | undefined }): void {
  prefs.value = { ...prefs.value, ...change } as Prefs;
  try {
    localStorage.setItem(key, JSON.stringify(prefs.value));
  } catch {
    // Private window: the choice lives as long as the tab.
  }
  channel?.postMessage({ kind: 'prefs', prefs: prefs.value } satisfies Word);
}

/** Tells the other tabs that the session is over. */
export const tellLogout = (): void => channel?.postMessage({ kind: 'logout' } satisfies Word);
export const onLogoutElsewhere = (listener: () => void): void => {
  logoutListeners.add(listener);
};

channel?.addEventListener('message', (event: MessageEvent<Word>) => {
  if (event.data.kind === 'prefs') prefs.value = event.data.prefs;
  else for (const listener of logoutListeners) listener();
});

effect(() => {
  const root = document.documentElement;
  const { theme, kiosk } = prefs.value;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  root.toggleAttribute('data-kiosk', kiosk);
});
