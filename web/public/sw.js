// Keeps the shell, so that the page opens without a network and says honestly that it is offline.
// It never touches /api, /mqtt or anything else that could be stale: data always comes from the platform.
const cacheName = 'yaguts-shell-1';
const isShell = (url) =>
  url.pathname.startsWith('/assets/') || /^\/(icons\/|theme\.js$|manifest\.webmanifest$)/.test(url.pathname);

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(cacheName).then((cache) => cache.addAll(['/', '/theme.js', '/icons/yaguts.svg'])),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== cacheName) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (isShell(url)) event.respondWith(shellFile(request));
});

// The newest page when there is a network; the kept one otherwise.
async function page(request) {
  const cache = await caches.open(cacheName);
  try {
    const fresh = await fetch(request);
    if (fresh.ok && (fresh.headers.get('content-type') ?? '').includes('text/html')) {
      await cache.put('/', fresh.clone());
      void forgetOld(cache, fresh.clone());
    }
    return fresh;
  } catch (error) {
    const kept = await cache.match('/');
    if (kept) return kept;
    throw error;
  }
}

// Names under /assets carry a hash: what is kept under one is always right.
async function shellFile(request) {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(request);
  const isHashed = new URL(request.url).pathname.startsWith('/assets/');
  if (kept && isHashed) return kept;
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

// A page that names another entry script is another version: the files of the one before may go, except
// those that open tabs of it still ask for (they get them from the network or reload once).
async function forgetOld(cache, response) {
  const entry = /assets\/shell-[\w-]+\.js/.exec(await response.text())?.[0];
  const keys = await cache.keys();
  const hasAnother = keys.some(
    ({ url }) => /assets\/shell-[\w-]+\.js/.test(url) && entry && !url.endsWith(entry),
  );
  if (!hasAnother) return;
  for (const key of keys)
    if (key.url.includes('/assets/') && !key.url.endsWith(entry)) await cache.delete(key);
}
