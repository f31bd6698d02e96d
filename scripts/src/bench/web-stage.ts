import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, issueLoginCode, openSetup, parseConfig } from '@yaguts/api';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../browser.ts';
import { compose, type RunningPlatform } from '../compose.ts';
import { type DemoKitchen, furnish } from '../demo/furnish.ts';
import { root } from '../root.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { probe } from './web-probe.ts';

/** The built page in a real browser, before the platform with the demo's kitchen and a pouring dispenser. */
export interface WebStage {
  readonly running: RunningPlatform;
  readonly kitchen: DemoKitchen;
  readonly page: Page;
  /** Epoch ms at which the motor of each item of the present job stopped, by `item_ordem`. */
  readonly stopped: Map<number, number>;
  /** Resolves once a job is wholly acked. */
  poured(jobId: number): Promise<unknown>;
  /** Opens a page and waits until it is live. */
  visit(path: string): Promise<void>;
  close(): Promise<void>;
}

/** @throws Error when there is no Chromium, with what to do; nothing is left running */
export async function openWebStage(): Promise<WebStage> {
  const dir = mkdtempSync(join(tmpdir(), 'yaguts-bench-web-'));
  const closers: (() => Promise<unknown>)[] = [async () => rmSync(dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const browser = await launchBrowser();
    closers.push(() => browser.close());
    const config = parseConfig({
      YAGUTS_DATA_DIR: join(dir, 'data'),
      YAGUTS_HTTP_HOST: '127.0.0.1',
      YAGUTS_HTTP_PORT: '0',
      YAGUTS_MQTT_HOST: '127.0.0.1',
      YAGUTS_MQTT_PORT: '0',
      YAGUTS_REQUESTS_PER_MINUTE: '100000',
    });
    const running = await compose({ config, log: createLog('error'), webDir: join(root, 'web', 'dist') });
    closers.push(() => running.stop());
    const setup = await openSetup(running.platform.deps);
    const kitchen = await furnish(running.origin, setup?.code ?? '', randomBytes(24).toString('base64url'));

    const stopped = new Map<number, number>();
    const flash = join(dir, 'flash');
    mkdirSync(flash);
    const { org, device, password } = kitchen.pouring;
    const simulator = await startSimulator({
      ...{ url: `mqtt://127.0.0.1:${running.mqttPort}`, org, device, password, dir: flash, frascos: 8 },
      // Said when the motor has stopped and the entry is on the flash, before it is published.
      serial({ text }) {
        const item = /^✓ Item (\d+)/.exec(text)?.[1];
        if (item) stopped.set(Number(item), Date.now());
      },
    });
    closers.push(() => simulator.stop());
    await simulator.connected();

    const context = await browser.newContext({ locale: 'pt-BR', viewport: { width: 1280, height: 900 } });
    await context.addInitScript(probe);
    const page = await context.newPage();
    const { code } = await issueLoginCode(running.platform.deps, { org, user: kitchen.user });
    await page.goto(`${running.origin}/entrar#code=${code}`);
    await page.waitForURL(`${running.origin}/`);
    return {
      running,
      kitchen,
      page,
      stopped,
      poured: (jobId) => simulator.result(jobId),
      async visit(path) {
        await page.goto(running.origin + path);
        await page.locator('.light.ok').first().waitFor();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
