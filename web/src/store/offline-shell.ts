import { updateReady } from './update.ts';

/** Registers the service worker: the shell opens without a network; a new version is offered, never forced. */
export async function register(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const registration = await navigator.serviceWorker.register('/sw.js').catch(() => undefined);
  registration?.addEventListener('updatefound', () => {
    const next = registration.installing;
    next?.addEventListener('statechange', () => {
      if (next.state === 'installed' && navigator.serviceWorker.controller) updateReady.value = true;
    });
  });
}
