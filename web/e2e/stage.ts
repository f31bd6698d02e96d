import type { Page } from 'playwright-core';

/** Where journeys play: a running platform with the demo's kitchen, and a person who is logged in. */
export interface Stage {
  readonly url: string;
  /** Another tab of the same browser and person. */
  readonly newTab: () => Promise<Page>;
  /** Stops the platform at once and starts it again on the same data and port. */
  readonly restart?: (() => Promise<void>) | undefined;
  /** Makes every MQTT token handed out so far an expired one, and closes the connections of people. */
  readonly expireTokens?: (() => Promise<void>) | undefined;
  /** The same person ends all other sessions from another browser. */
  readonly endSessions?: (() => Promise<void>) | undefined;
  /** What that person types to log in. */
  readonly login?: { readonly user: string; readonly password: string } | undefined;
}

export interface Journey {
  /** A sentence of the specification. */
  readonly title: string;
  readonly play: (page: Page, stage: Stage) => Promise<void>;
}

/** Everything the page must never do, gathered while journeys play: script errors and refusals by the CSP. */
export function watchForFaults(page: Page): readonly string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`script error: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) faults.push(`CSP: ${message.text()}`);
  });
  return faults;
}

/** Opens a page and waits until it is live. */
export async function visit(page: Page, stage: Stage, path: string): Promise<void> {
  await page.goto(stage.url + path);
  await page.locator('.light.ok').first().waitFor();
}

/** Logs in with a one-time code; the code leaves the address bar. */
export async function logInWithCode(page: Page, url: string, code: string): Promise<void> {
  await page.goto(`${url}/entrar#code=${code}`);
  await page.waitForURL(`${url}/`);
}
