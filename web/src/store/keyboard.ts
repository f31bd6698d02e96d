import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { prefs } from './prefs.ts';
import { stopEverything } from './stop.ts';

/** The list of shortcuts is shown with `?`. */
export const isHelpShown = signal(false);

const goTo: Readonly<Record<string, string>> = {
  p: '/',
  r: '/receitas',
  h: '/historico',
  f: '/fila',
  e: '/estoque',
};

/** `Shift+Esc` always; keys of one letter unless switched off (they disturb speech input). */
export function useKeyboard(route: (url: string) => void): void {
  useEffect(() => {
    let isGo = false;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && event.shiftKey) {
        event.preventDefault();
        void stopEverything();
        return;
      }
      const at = event.target;
      const isTyping = at instanceof HTMLElement && at.matches('input, textarea, select, [contenteditable]');
      if (!prefs.value.singleKeys || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      const wasGo = isGo;
      isGo = event.key === 'g';
      if (wasGo && goTo[event.key]) route(goTo[event.key] as string);
      else if (event.key === '?') isHelpShown.value = true;
      else if (event.key === '/') {
        const search = document.querySelector<HTMLElement>('input[type=search]');
        if (search) event.preventDefault();
        search?.focus();
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [route]);
}
