import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityFaults } from '../../../web/e2e/axe.ts';
import { visit } from '../../../web/e2e/stage.ts';
import { browserTestsSkipped } from '../browser.ts';
import type { HandBoard } from './hand-board.ts';
import { openTheatre, type Theatre } from './stage.ts';

/** A folder for pictures of what is looked at; none are taken without it. */
const pictures = process.env.YAGUTS_PICTURES;

describe.skipIf(browserTestsSkipped())('repeating one frasco, in a real browser', () => {
  let theatre: Theatre;
  let page: Page;
  let board: HandBoard;
  let jobId: number;
  let failed: readonly string[];
  beforeAll(async () => {
    theatre = await openTheatre();
    ({ page } = await theatre.logIn({ viewport: { width: 1280, height: 900 } }));
    board = await theatre.house.board();
    jobId = (await theatre.house.order({ device: 'mao' })).job_id;
    const job = await board.start(jobId);
    await board.report(job, 1);
    for (const { item_ordem } of job.itens.slice(1))
      await board.report(job, item_ordem, { status: 'failed', error: 'timeout' });
    await board.finish(
      job,
      job.itens.map(({ item_ordem }) => item_ordem),
    );
    failed = job.itens.slice(1).map(({ tempero = '' }) => tempero);
  });
  afterAll(async () => {
    await board?.close();
    await theatre?.close();
  });

  /** The newest job that repeats something of the first one. */
  const repetition = async (): Promise<number> => {
    const { repeticoes } = await theatre.house.job(jobId);
    return Math.max(...repeticoes.flatMap(({ em }) => em.map((made) => made.job_id)));
  };
  const row = (tempero: string) => page.locator('main ol.items > li', { hasText: tempero });
  const again = (tempero: string) => row(tempero).getByRole('button', { name: 'Repetir este frasco' });

  async function look(name: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [390, 1280]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        expect(await accessibilityFaults(page), `${name} ${colorScheme} ${width}`).toEqual([]);
        if (!pictures) continue;
        mkdirSync(pictures, { recursive: true });
        const path = join(pictures, `${name}-${colorScheme}-${width}.png`);
        await page.screenshot({ path, fullPage: true });
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
  }

  test('each frasco that failed has its button; its grams and the estoque are shown before anything is ordered', async () => {
    await visit(page, theatre.stage, `/execucoes/${jobId}`);
    expect(failed.length).toBeGreaterThan(1);
    for (const tempero of failed) await again(tempero).waitFor();
    expect(await page.getByRole('button', { name: 'Repetir este frasco' }).count()).toBe(failed.length);
    await look('repetir');
    await again(failed[0] ?? '').click();
    await page.getByRole('heading', { name: 'Confira antes de repetir.' }).waitFor();
    await page.getByRole('button', { name: /^Repetir · / }).waitFor();
    await look('repetir-conferir');
    expect((await theatre.house.job(jobId)).repeticoes.flatMap(({ em }) => em)).toEqual([]);
  });

  test('it is poured alone, and the first execution says where, live; what is left is still to be repeated', async () => {
    const watching = await theatre.stage.newTab();
    await visit(watching, theatre.stage, `/execucoes/${jobId}`);
    await page.getByRole('button', { name: /^Repetir · / }).click();
    const dialog = page.locator('dialog[open]');
    await dialog
      .getByText(failed[0] ?? '')
      .first()
      .waitFor();
    expect(await dialog.locator('ol.items > li').count()).toBe(1);
    await watching.getByText(/repetido na execução #\d+ · [\d,]+ g · em curso/).waitFor();
    const second = await board.start(await repetition());
    expect(second.itens.map(({ tempero }) => tempero)).toEqual(failed.slice(0, 1));
    await board.finish(second);
    await watching.getByText(`repetido na execução #${second.job_id}`).waitFor();
    await watching.getByText(/· dispensado/).waitFor();
    await watching.getByText('Já saiu numa repetição.').waitFor();
    await watching.close();

    await visit(page, theatre.stage, `/execucoes/${jobId}`);
    await look('repetido');
    expect(await again(failed[0] ?? '').isDisabled()).toBe(true);
    expect(await again(failed[1] ?? '').isEnabled()).toBe(true);
    await page.getByRole('button', { name: 'Repetir o que falhou' }).click();
    await page.getByRole('button', { name: /^Repetir · / }).click();
    await page.locator('dialog[open]').waitFor();
    const third = await board.start(await repetition());
    expect(third.itens.map(({ tempero }) => tempero)).toEqual(failed.slice(1));
    await board.finish(third);
    await page.goto(`${theatre.stage.url}/execucoes/${jobId}`);
    await page.getByText('Tudo o que falhou já foi repetido, ou está sendo.').waitFor();
    expect(theatre.faults()).toEqual([]);
  });
});
