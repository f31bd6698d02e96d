import type { WebStage } from './web-stage.ts';

/** How a page comes up on a phone; ms, and the unitless layout shift. */
export interface Paint {
  readonly path: string;
  /** First and largest contentful paint. */
  readonly first: number;
  readonly largest: number;
  /** Sum of what each task took beyond 50 ms. */
  readonly blocked: number;
  readonly shift: number;
}

/** Lighthouse's phone: a slow 4G line, and a processor four times slower than this one. */
const phone = {
  cpuSlowdown: 4,
  line: { offline: false, latency: 150, downloadThroughput: 1_638_400 / 8, uploadThroughput: 768_000 / 8 },
};

/** Runs in the page before its own scripts; text, because the bench is compiled for Node and knows no DOM. */
const observers = `
globalThis.paint = { first: 0, largest: 0, blocked: 0, shift: 0 };
const watch = (type, take) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
watch('paint', (one) => one.name === 'first-contentful-paint' && (paint.first = one.startTime));
watch('largest-contentful-paint', (one) => (paint.largest = one.startTime));
watch('longtask', (one) => (paint.blocked += Math.max(0, one.duration - 50)));
watch('layout-shift', (one) => (paint.shift += one.hadRecentInput ? 0 : one.value));
`;

/**
 * Opens pages with an empty cache on the phone above: the figures that Lighthouse makes its mark of, without
 * Lighthouse.
 *
 * @param paths  those but `/entrar` are opened as the person who is logged in
 */
export async function measurePaint(stage: WebStage, paths: readonly string[]): Promise<Paint[]> {
  const browser = stage.page.context().browser();
  const seen: Paint[] = [];
  for (const path of paths) {
    const context = await browser?.newContext({
      ...{ locale: 'pt-BR', viewport: { width: 390, height: 844 }, serviceWorkers: 'block' as const },
      ...(path !== '/entrar' && { storageState: await stage.page.context().storageState() }),
    });
    if (!context) throw new Error('the browser is gone');
    await context.addInitScript(observers);
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', phone.line);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: phone.cpuSlowdown });
    await page.goto(stage.running.origin + path);
    await page.locator('h1').first().waitFor();
    await page.waitForLoadState('networkidle');
    seen.push({ path, ...((await page.evaluate('paint')) as Omit<Paint, 'path'>) });
    await context.close();
  }
  return seen;
}
