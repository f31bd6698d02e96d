import { options, render } from 'preact';
import './style/index.css';
import { App } from './app.tsx';
import { firstLanguage, setLanguage, warmNumbers } from './i18n/t.ts';
import { preloadPage } from './pages/routes.ts';
import { prefs } from './store/prefs.ts';
import { loadSession, session } from './store/session.ts';

/**
 * Components are drawn once per frame, however many messages, taps and timers asked for it in between. A
 * hidden tab has no frames and is drawn by the clock.
 */
options.debounceRendering = (draw) => {
  if (document.hidden) setTimeout(draw, 100);
  else requestAnimationFrame(draw);
};

const root = document.getElementById('app') as HTMLElement;

/** A page that does not come keeps nobody from the stop button for longer than this. */
const pageWaitMs = 1_000;

/** Language, session and the page's own code are asked for side by side; the language's failure leaves Portuguese. */
async function start(): Promise<void> {
  const wanted = firstLanguage(prefs.value.language, navigator.language);
  const language = setLanguage(wanted).catch(() => {});
  const page = preloadPage(location.pathname).catch(() => {}); // It tells so itself when it is drawn.
  const answered = Promise.all([language, loadSession()]);
  // A task of its own, so that it and this script's first run do not hold the page as one.
  setTimeout(() => warmNumbers(wanted));
  await answered;
  if (session.value) await Promise.race([page, new Promise((resolve) => setTimeout(resolve, pageWaitMs))]);
  render(<App onShown={() => void goLive()} />, root);
  if (import.meta.env.PROD) void import('./store/offline-shell.ts').then(({ register }) => register());
}

/** After the first data: mqtt and the topic table would stand before them on a slow line. */
async function goLive(): Promise<void> {
  if (session.value) await (await import('./live/first-look.ts')).firstLook();
  const { boot } = await import('./live/boot.ts');
  boot();
}

void start();
