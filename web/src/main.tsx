import { options, render } from 'preact';
import './style/index.css';
import { App } from './app.tsx';
import { firstLanguage, setLanguage } from './i18n/t.ts';
import { prefs } from './store/prefs.ts';
import { loadSession } from './store/session.ts';

/**
 * Components are drawn once per frame, however many messages, taps and timers asked for it in between. A
 * hidden tab has no frames and is drawn by the clock.
 */
options.debounceRendering = (draw) => {
  if (document.hidden) setTimeout(draw, 100);
  else requestAnimationFrame(draw);
};

const root = document.getElementById('app') as HTMLElement;

/** Language and session are asked for side by side; the language's failure leaves Portuguese. */
async function start(): Promise<void> {
  const wanted = firstLanguage(prefs.value.language, navigator.language);
  await Promise.all([setLanguage(wanted).catch(() => {}), loadSession()]);
  render(<App />, root);
  // Only now: mqtt and the topic table must not stand before the first pixel.
  requestAnimationFrame(() => void import('./live/boot.ts').then(({ boot }) => boot()));
  if (import.meta.env.PROD) void import('./store/offline-shell.ts').then(({ register }) => register());
}

void start();
