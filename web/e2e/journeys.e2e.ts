import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { accessibilityFaults } from './axe.ts';
import { type Journey, type Stage, visit } from './stage.ts';

/** What people do, against the real platform with the demo's kitchen (a simulated dispenser, three receitas). */

const stopButton = (page: Page) => page.locator('.nav .stop');
const dialog = (page: Page) => page.locator('dialog[open]');

/** Opens the run dialog of a receita, confirms, and leaves the execution dialog open. */
async function start(page: Page, stage: Stage, receita: string, times = '1'): Promise<void> {
  await visit(page, stage, '/receitas');
  await page.getByRole('button', { name: `Executar ${receita}` }).click();
  await dialog(page).getByLabel('Multiplicador').fill(times);
  await dialog(page)
    .getByRole('button', { name: /^(Executar|Pôr na fila) · / })
    .click();
  await dialog(page).getByText('dispensando').first().waitFor();
}

const lineUp = async (page: Page): Promise<string[]> =>
  (await page.locator('ol.items > li .tick').allInnerTexts()).map((text) => text.trim());

/** The ticks at the moment in which the dialog says that it will close: read in the page, since that lasts 5 s. */
const lineUpWhileClosing = async (page: Page): Promise<unknown> => {
  const seen = await page.waitForFunction(() => {
    const open = document.querySelector('dialog[open]');
    if (!/Fecha em/.test(open?.textContent ?? '')) return null;
    return [...(open?.querySelectorAll('ol.items > li .tick') ?? [])].map((tick) => tick.textContent?.trim());
  });
  return seen.jsonValue();
};

export const journeys: readonly Journey[] = [
  {
    title: 'a receita runs from the list: grams before, each frasco live, two ticks, and it closes by itself',
    async play(page, stage) {
      await start(page, stage, 'Tempero baiano');
      const rows = dialog(page).locator('ol.items > li');
      const count = await rows.count();
      assert.ok(count >= 3);
      assert.deepEqual(await lineUpWhileClosing(page), Array(count).fill('salvo'));
      await dialog(page).waitFor({ state: 'detached' });
    },
  },
  {
    title: 'a second tab and a reload in mid-job show the same job',
    async play(page, stage) {
      await start(page, stage, 'Tempero baiano', '2');
      const link = await dialog(page)
        .getByRole('link', { name: /^Execução #/ })
        .getAttribute('href');
      const late = await stage.newTab();
      await late.goto(stage.url + link);
      await late.locator('.tick').first().waitFor();
      await late.reload();
      await late.getByText('feita', { exact: true }).waitFor();
      await dialog(page).waitFor({ state: 'detached' });
      assert.ok((await lineUp(late)).every((text) => text === 'salvo'));
      await late.close();
    },
  },
  {
    title: 'one tap on PARAR stops what pours, and says so from the device’s own state',
    async play(page, stage) {
      await start(page, stage, 'Churrasco de domingo', '3');
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });
      await stopButton(page).click();
      await page.locator('.nav .stop', { hasText: 'parado' }).waitFor();
      await visit(page, stage, '/historico');
      await page
        .getByRole('button', { name: /Detalhes #/ })
        .first()
        .click();
      await page.getByRole('button', { name: /Repetir o que falhou|Executar de novo/ }).waitFor();
    },
  },
  {
    title: 'the stop button is there inside a dialog too, far from its close button',
    async play(page, stage) {
      await start(page, stage, 'Tempero baiano');
      const stop = await dialog(page).locator('.stop').boundingBox();
      const close = await dialog(page).getByRole('button', { name: 'Fechar' }).boundingBox();
      assert.ok(stop && close && stop.width >= 64 && stop.height >= 64);
      assert.ok(stop.y - (close.y + close.height) >= 16);
      await dialog(page).locator('.stop').click();
      await page.locator('dialog .stop', { hasText: 'parado' }).waitFor();
      await page.keyboard.press('Escape');
    },
  },
  {
    title: 'a frasco is refilled, the jar shows it, and undo puts it back',
    async play(page, stage) {
      await visit(page, stage, '/estoque');
      const card = page.locator('.frasco-card').first();
      const before = await card.locator('p strong').textContent();
      await card.getByRole('button', { name: 'Reabastecer' }).click();
      await dialog(page).getByLabel('Quanto entrou (g)').fill('12,5');
      await dialog(page).getByRole('button', { name: 'Salvar' }).click();
      await dialog(page).waitFor({ state: 'detached' });
      await page.waitForFunction(
        (was) => document.querySelector('.frasco-card p strong')?.textContent !== was,
        before,
      );
      await page.getByRole('button', { name: 'Desfazer' }).click();
      await page.waitForFunction(
        (was) => document.querySelector('.frasco-card p strong')?.textContent === was,
        before,
      );
    },
  },
  {
    title: 'a frasco’s label is printed alone, with what is in it and where it stands',
    async play(page, stage) {
      await visit(page, stage, '/estoque');
      await page.evaluate('void (globalThis.printed = new Promise((done) => (globalThis.print = done)))');
      await page.locator('.frasco-card').first().getByRole('button', { name: 'Etiqueta' }).click();
      await page.evaluate('globalThis.printed.then(() => undefined)');
      await page.emulateMedia({ media: 'print' });
      const [shown = ''] = await page.locator('main').allInnerTexts();
      assert.match(shown, /^Sal\s+Cozinha · frasco 1\s*$/);
      await page.emulateMedia({ media: null });
      await page.evaluate("void dispatchEvent(new Event('afterprint'))");
      await page.locator('.frasco-label').waitFor({ state: 'detached' });
    },
  },
  {
    title: 'filters of the history survive a reload, and both old hashes open it with them',
    async play(page, stage) {
      await visit(page, stage, '/historico');
      await page.getByLabel('Situação').selectOption('done');
      await page.waitForURL(/status=done/);
      await page.reload();
      assert.equal(await page.getByLabel('Situação').inputValue(), 'done');
      for (const hash of ['#execution-history', '#agent-execution-history']) {
        await page.goto(`${stage.url}/?status=failed${hash}`);
        await page.waitForURL(`${stage.url}/historico?status=failed${hash}`);
        assert.equal(await page.getByLabel('Situação').inputValue(), 'failed');
      }
    },
  },
  {
    title: 'language and theme are chosen once and stay',
    async play(page, stage) {
      await visit(page, stage, '/conta');
      await page.getByRole('button', { name: 'English' }).click();
      await page.getByRole('heading', { name: 'My account' }).waitFor();
      await page.getByRole('button', { name: 'Dark' }).click();
      await page.reload();
      await page.getByRole('heading', { name: 'My account' }).waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
      await page.getByRole('button', { name: 'Português' }).click();
      await page.getByRole('button', { name: 'Do sistema' }).click();
    },
  },
  {
    title: 'a credential is shown once: not after leaving, not after a reload, not in the address',
    async play(page, stage) {
      await visit(page, stage, '/dispensadores/novo');
      await page.getByLabel('Nome do dispensador').fill(`Bancada ${Date.now() % 100_000}`);
      await page.getByRole('button', { name: 'Criar credencial' }).click();
      const secret = (await page.locator('dd.mono').last().textContent()) ?? '';
      assert.ok(secret.length >= 32);
      assert.ok(!page.url().includes(secret));
      await page.getByLabel('Copiei').check();
      await page.getByRole('button', { name: 'Seguir' }).click();
      // What follows is drawn after the click has been answered.
      await page.getByText('Esperando o aparelho').waitFor();
      assert.ok(!(await page.content()).includes(secret));
      await page.reload();
      await page.locator('main h1').waitFor();
      assert.ok(!(await page.content()).includes(secret));
    },
  },
  {
    title: 'hostile names are text wherever they are shown',
    async play(page, stage) {
      const name = `<img src=x onerror=a${Date.now() % 1_000}>`;
      await visit(page, stage, '/receitas/nova');
      await page.getByLabel('Nome da receita').fill(name);
      await page.getByLabel('Tempero do item 1').fill('<b>Sal</b>');
      await page.getByLabel('Quantidade do item 1').fill('2,5');
      await page.getByRole('button', { name: 'Salvar' }).click();
      await page.getByRole('heading', { name }).waitFor();
      await visit(page, stage, '/receitas');
      await page.getByRole('link', { name }).waitFor();
      assert.equal(await page.locator('img[src="x"], main b').count(), 0);
    },
  },
  {
    title: 'a manual disconnect never connects again; a reload does',
    async play(page, stage) {
      await visit(page, stage, '/');
      const live = (work: string) => page.evaluate(`yaguts.live.${work}`);
      assert.equal(await live('getState()'), 'OPEN');
      await live('disconnect()');
      await page.locator('.light.bad', { hasText: 'sem conexão' }).waitFor();
      await page.evaluate(() => dispatchEvent(new Event('online')));
      assert.equal(await live('getState()'), 'CLOSED');
      await visit(page, stage, '/');
    },
  },
  {
    title:
      'a JobExecutionMonitor in the console tells each entry and the completion once, to a late joiner too',
    async play(page, stage) {
      await start(page, stage, 'Tempero baiano');
      const link = dialog(page).getByRole('link', { name: /^Execução #/ });
      const id = Number((await link.textContent())?.split('#')[1]);
      await page.locator('.tick').first().waitFor();
      // Text, as a person types it into the console.
      const told = await page.evaluate(`new Promise((resolve) => {
        const lines = [];
        new yaguts.JobExecutionMonitor(${id}, {
          onLogEntry: (entry) => lines.push(String(entry.item_ordem)),
          onCompletion: (end) => resolve([...lines, end.status]),
        }).connect();
      })`);
      assert.deepEqual(told, ['1', '2', '3', '4', 'done']);
    },
  },
  {
    title: 'the main flow works by keyboard alone',
    async play(page, stage) {
      await visit(page, stage, '/');
      await page.keyboard.press('g');
      await page.keyboard.press('r');
      await page.waitForURL(/\/receitas$/);
      const run = page.getByRole('button', { name: 'Executar Tempero baiano' });
      await run.waitFor();
      for (let i = 0; i < 60 && !(await run.evaluate((it) => it === document.activeElement)); i++) {
        await page.keyboard.press('Tab');
      }
      await page.keyboard.press('Enter');
      await dialog(page)
        .getByRole('button', { name: /^(Executar|Pôr na fila) · / })
        .and(page.locator(':enabled'))
        .waitFor();
      assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'INPUT');
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });
      assert.ok(await run.evaluate((it) => it === document.activeElement), 'focus is back at the opener');
      await page.keyboard.press('Shift+Escape');
      await page.locator('.nav .stop', { hasText: 'parado' }).waitFor();
    },
  },
  {
    title: 'the platform is killed and comes back: the page says so, reconnects by itself and has no gap',
    async play(page, stage) {
      if (!stage.restart) return;
      await visit(page, stage, '/');
      // Looked for while it happens: after a slow restart the page may be back before anybody looks.
      const told = page
        .getByText(/reconectando|conectando/)
        .first()
        .waitFor();
      await Promise.all([told, stage.restart()]);
      await page.locator('.light.ok').first().waitFor();
      await start(page, stage, 'Tempero baiano');
      await lineUpWhileClosing(page);
      await dialog(page).waitFor({ state: 'detached' });
    },
  },
  {
    title: 'the shell opens without a network and says that it is offline, with no old data as fresh',
    async play(page, stage) {
      await visit(page, stage, '/');
      await page.evaluate(() => navigator.serviceWorker.ready);
      await page.reload();
      await page.locator('.light.ok').first().waitFor();
      await page.context().setOffline(true);
      try {
        await page.reload();
        await page.getByText('Sem resposta do servidor').waitFor();
        assert.equal(await page.locator('.jar').count(), 0);
      } finally {
        await page.context().setOffline(false);
      }
      await page.getByRole('button', { name: 'Tentar de novo' }).click();
      await page.locator('.light.ok').first().waitFor();
    },
  },
  {
    title: 'an MQTT token that has expired is renewed at the next connection, and nobody logs in again',
    async play(page, stage) {
      if (!stage.expireTokens) return;
      await visit(page, stage, '/receitas');
      const renewed = page.waitForResponse((it) => it.url().endsWith('/api/session/mqtt-token'));
      const lost = page.locator('.light.warn, .light.bad').first().waitFor();
      await Promise.all([lost, stage.expireTokens()]);
      assert.equal((await renewed).status(), 200);
      await page.locator('.light.ok').first().waitFor();
      assert.equal(new URL(page.url()).pathname, '/receitas');
      await start(page, stage, 'Tempero baiano');
      await dialog(page).getByText('salvo').first().waitFor();
      await dialog(page).waitFor({ state: 'detached' });
    },
  },
  {
    title: 'a session ended elsewhere leads to the login page, and logging in leads back to the same view',
    async play(page, stage) {
      if (!stage.endSessions || !stage.login) return;
      await visit(page, stage, '/historico?status=done');
      await stage.endSessions();
      await page.waitForURL(`${stage.url}/entrar?de=${encodeURIComponent('/historico?status=done')}`);
      await page.getByLabel('Usuário').fill(stage.login.user);
      await page.getByLabel('Senha').fill(stage.login.password);
      await page.getByRole('button', { name: 'Entrar', exact: true }).click();
      await page.waitForURL(`${stage.url}/historico?status=done`);
      assert.equal(await page.getByLabel('Situação').inputValue(), 'done');
      await page.locator('.light.ok').first().waitFor();
    },
  },
];

export const everyPage: readonly string[] = [
  '/',
  '/receitas',
  '/receitas/1',
  '/receitas/nova',
  '/fila',
  '/historico',
  '/dispensadores',
  '/dispensadores/cozinha',
  '/dispensadores/novo',
  '/dispensadores/cozinha/calibrar/1',
  '/estoque',
  '/aprovacoes',
  '/avisos',
  '/usuarios',
  '/config',
  '/instalacao',
  '/auditoria',
  '/saude',
  '/conta',
  '/execucoes/1',
  '/nada',
];

/**
 * Looks at every page in the present width and colours, with a dialog open at the end.
 *
 * @param picture  takes a screenshot of each, named
 * @returns        a line per fault
 */
export async function lookAtEveryPage(
  page: Page,
  stage: Stage,
  picture: (name: string) => Promise<unknown> = async () => {},
): Promise<string[]> {
  const faults: string[] = [];
  const look = async (name: string): Promise<void> => {
    faults.push(...(await accessibilityFaults(page)).map((fault) => `${name}: ${fault}`));
    await picture(name);
  };
  for (const path of everyPage) {
    await visit(page, stage, path);
    await page.locator('main h1').waitFor();
    await page.waitForFunction(() => !document.querySelector('.skeleton'));
    await look(path === '/' ? 'painel' : path.slice(1).replaceAll('/', '-'));
  }
  await visit(page, stage, '/receitas');
  await page.getByRole('button', { name: 'Executar Tempero baiano' }).click();
  await dialog(page).locator('ol.items > li').first().waitFor();
  await look('executar');
  return faults;
}
