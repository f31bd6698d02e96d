import { effect } from '@preact/signals';
import { language, setLanguage } from '../i18n/t.ts';
import { prefs } from '../store/prefs.ts';
import { session } from '../store/session.ts';
import type { LiveClient } from './client.ts';
import { updateWhenIdle } from './kiosk.ts';
import { startLive } from './start.ts';
import { watcher } from './use-watch.ts';

/** Keeps the live connection in step with who is logged in, and the language with the choice of any tab. */
export function boot(): void {
  let client: LiveClient | undefined;
  effect(() => {
    const who = session.value;
    if (who && !client) client = startLive(who);
    if (who === null && client) {
      client.disconnect();
      client = undefined;
      watcher.value = undefined;
    }
  });
  updateWhenIdle(() => location.reload());
  effect(() => {
    const wanted = prefs.value.language;
    if (wanted && wanted !== language.peek()) void setLanguage(wanted).catch(() => {});
  });
}
