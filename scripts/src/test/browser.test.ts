import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityFaults } from '../../../web/e2e/axe.ts';
import { weigh } from '../../../web/e2e/budget.ts';
import { journeys, lookAtEveryPage } from '../../../web/e2e/journeys.e2e.ts';
import { visit } from '../../../web/e2e/stage.ts';
import { browserTestsSkipped } from '../browser.ts';
import { root } from '../root.ts';
import { openTheatre, type Theatre } from './stage.ts';

/** Folder for screenshots (npm run screenshots); without it none are taken. */
const pictures = process.env.YAGUTS_SCREENSHOTS || undefined;
const skipped = browserTestsSkipped();
if (skipped) console.log('browser tests NOT RUN: YAGUTS_E2E=skip and no Chromium here');

test('the page keeps its budget of bytes, and production holds no simulator', () => {
  const over = weigh(join(root, 'web', 'dist')).filter((row) => row.isOver);
  expect(over).toEqual([]);
});

describe.skipIf(skipped)('in a real browser', () => {
  let theatre: Theatre;
  let page: Page;
  beforeAll(async () => {
    theatre = await openTheatre();
    ({ page } = await theatre.logIn({ viewport: { width: 1280, height: 900 } }));
  });
  afterAll(() => theatre?.close());

  for (const { title, play } of journeys) {
    test(title, async () => {
      await play(page, theatre.stage);
    });
  }

  for (const [width, height] of [
    [390, 844],
    [1280, 900],
  ] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`every page is accessible and fits ${width} px, ${colorScheme}`, async () => {
        const { page: one, context } = await theatre.logIn({ viewport: { width, height }, colorScheme });
        const picture =
          pictures === undefined
            ? undefined
            : (name: string) => one.screenshot({ path: `${pictures}/${name}-${width}-${colorScheme}.png` });
        expect(await lookAtEveryPage(one, theatre.stage, picture)).toEqual([]);
        // And a job while it pours.
        const { job_id } = await theatre.house.order();
        await visit(one, theatre.stage, `/execucoes/${job_id}`);
        await one.getByText('salvo').first().waitFor();
        expect(await accessibilityFaults(one)).toEqual([]);
        await picture?.('execucao-viva');
        await theatre.house.jobWhen(job_id, (job) => job.terminado_em !== null);
        await context.close();
      });
    }
  }

  test('no journey caused a script error or was refused something by the CSP', () => {
    expect(theatre.faults()).toEqual([]);
  });
});
