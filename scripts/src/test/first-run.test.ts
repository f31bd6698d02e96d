import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, openSetup, parseConfig } from '@yaguts/api';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstRunToFirstJob } from '../../../web/e2e/first-run.e2e.ts';
import { watchForFaults } from '../../../web/e2e/stage.ts';
import { browserTestsSkipped, launchBrowser } from '../browser.ts';
import { compose, type RunningPlatform } from '../compose.ts';
import { root } from '../root.ts';
import { type Simulator, startSimulator } from '../simulator/simulator.ts';

describe.skipIf(browserTestsSkipped())('an empty platform, in a real browser', () => {
  let dir: string;
  let running: RunningPlatform | undefined;
  let browser: Browser | undefined;
  let dispenser: Simulator | undefined;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'yaguts-first-run-'));
    const config = parseConfig({
      YAGUTS_DATA_DIR: join(dir, 'data'),
      YAGUTS_HTTP_HOST: '127.0.0.1',
      YAGUTS_HTTP_PORT: '0',
      YAGUTS_MQTT_HOST: '127.0.0.1',
      YAGUTS_MQTT_PORT: '0',
      YAGUTS_REQUESTS_PER_MINUTE: '100000',
    });
    running = await compose({ config, log: createLog('silent'), webDir: join(root, 'web', 'dist') });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await dispenser?.stop();
    await running?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('from nothing to the first job by the page alone: kitchen, dispensador, calibration, refill, receita', async () => {
    const { platform, origin, mqttPort } = running as RunningPlatform;
    const setup = await openSetup(platform.deps);
    const context = await (browser as Browser).newContext({
      locale: 'pt-BR',
      viewport: { width: 1280, height: 900 },
    });
    const page = await context.newPage();
    const faults = watchForFaults(page);
    const stage = { url: origin, newTab: () => context.newPage() };
    await firstRunToFirstJob(page, stage, {
      code: setup?.code ?? '',
      // Nothing but what the page has shown: `{org}.{device}` and the password.
      async switchOn({ username, client_id, password }) {
        expect(client_id).toBe(username);
        const [org = '', device = ''] = username.split('.');
        const url = `mqtt://127.0.0.1:${mqttPort}`;
        dispenser = await startSimulator({ url, org, device, password, dir, frascos: 4, speed: 10 });
        await dispenser.connected();
      },
    });
    expect(dispenser?.results.map(({ itens_completados }) => itens_completados).at(-1)).toBe(1);
    expect(faults).toEqual([]);
  });
});
