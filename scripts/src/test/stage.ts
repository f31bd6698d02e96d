import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { issueLoginCode } from '@yaguts/api';
import { limits } from '@yaguts/shared';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { logInWithCode, type Stage, watchForFaults } from '../../../web/e2e/stage.ts';
import { launchBrowser } from '../browser.ts';
import { root } from '../root.ts';
import { openHouse, type TestHouse } from './fixture.ts';

const webDir = join(root, 'web', 'dist');

/** A house with the built page and a dispenser that pours at the speed of a real one. */
export interface Theatre {
  readonly house: TestHouse;
  readonly stage: Stage;
  /** Script errors and CSP refusals of every page opened so far. */
  readonly faults: () => readonly string[];
  /** A person who is logged in, in a browser profile of their own. */
  logIn(options?: BrowserContextOptions): Promise<{ context: BrowserContext; page: Page }>;
  close(): Promise<void>;
}

/**
 * @throws Error when the page is not built or there is no browser, with what to do
 */
export async function openTheatre(): Promise<Theatre> {
  if (!existsSync(join(webDir, 'index.html')))
    throw new Error('The page is not built; npm test builds it first');
  const browser: Browser = await launchBrowser();
  // A browser opens a page faster than a kitchen does; the address limit is tested elsewhere.
  const house = await openHouse({ webDir, env: { YAGUTS_REQUESTS_PER_MINUTE: '100000' } });
  await house.simulator({ parameters: {} });
  const heard: (readonly string[])[] = [];
  let context: BrowserContext | undefined;
  const watch = (page: Page): Page => {
    heard.push(watchForFaults(page));
    return page;
  };
  return {
    house,
    stage: {
      url: house.running.origin,
      newTab: async () => watch(await (context as BrowserContext).newPage()),
      restart: () => house.restart(),
      async expireTokens() {
        // The sweep deletes what is old; it is told of a moment later than a token's whole life.
        await house.running.store.sweepSessions(Date.now() + limits.mqttTokenMs + 1_000, 0);
        house.running.broker?.disconnect(({ kind }) => kind === 'user');
      },
      endSessions: () => house.kitchen.owner.call('DELETE', '/api/sessions'),
      login: { user: house.kitchen.user, password: house.password },
    },
    faults: () => heard.flat(),
    async logIn(options = {}) {
      context = await browser.newContext({ locale: 'pt-BR', ...options });
      const page = watch(await context.newPage());
      const { org, user } = house.kitchen;
      const { code } = await issueLoginCode(house.running.platform.deps, { org, user });
      await logInWithCode(page, house.running.origin, code);
      return { context, page };
    },
    async close() {
      await browser.close();
      await house.close();
    },
  };
}
