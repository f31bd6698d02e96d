import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Longest wait of a page for one thing. */
const patienceMs = 120_000;

/** The browser of this machine; nothing is downloaded. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export function findChromium(): string | undefined {
  const named = process.env.YAGUTS_CHROMIUM;
  return named || places.find((place) => existsSync(place));
}

/** True when the person said that browser tests may be left out and there is no browser. */
export const browserTestsSkipped = (): boolean => process.env.YAGUTS_E2E === 'skip' && !findChromium();

/**
 * @throws Error with the line to type when there is no Chromium
 */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new Error(
      'No Chromium here: apt-get install -y --no-install-recommends chromium (npm test does it where it may)',
    );
  }
  // Loaded here: nothing but tests and the bench has this development dependency.
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
    ],
  });
  // A net for what never comes; how soon something comes is a figure of the bench, not of a test.
  browser.on('context', (context) => context.setDefaultTimeout(patienceMs));
  return browser;
}
