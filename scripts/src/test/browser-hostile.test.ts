import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenCreated } from '@yaguts/shared';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { everyPage } from '../../../web/e2e/journeys.e2e.ts';
import { visit } from '../../../web/e2e/stage.ts';
import { browserTestsSkipped } from '../browser.ts';
import { root } from '../root.ts';
import { openTheatre, type Theatre } from './stage.ts';

// What a page makes of names that somebody hostile has chosen, in every field that is shown, those of a dispenser
// too; and where a browser keeps what was secret: nowhere.

/** A script if any page took it for markup; fits the 32 bytes of a name on the wire. */
const hostile = '<img src=x onerror=alert(1)>';

describe.skipIf(browserTestsSkipped())('hostile names and secrets, in a real browser', () => {
  let theatre: Theatre;
  let page: Page;
  const urls: string[] = [];
  const secrets = new Set<string>();
  /** Tokens that are still being read out of the browser. */
  const reading: Promise<unknown>[] = [];
  const dialogs: string[] = [];
  beforeAll(async () => {
    theatre = await openTheatre();
    const { page: first, context } = await theatre.logIn({ viewport: { width: 1280, height: 900 } });
    page = first;
    page.on('request', (request) => urls.push(request.url()));
    page.on('websocket', (socket) => urls.push(socket.url()));
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('response', (response) => {
      if (!response.url().endsWith('/api/session/mqtt-token')) return;
      // The browser forgets the body of an answer when its page is left; the last page of these tests is not.
      const token = response.json().then(
        (answer: { token: string }) => secrets.add(answer.token),
        () => {},
      );
      reading.push(token);
    });
    for (const { value } of await context.cookies()) secrets.add(value);
    secrets.add(theatre.house.password).add(theatre.house.kitchen.token);
  });
  afterAll(() => theatre?.close());

  /** Gives that name to everything that has one. @returns the number of a job that is over */
  async function nameEverything(): Promise<number> {
    const { api } = theatre.house;
    await api.call('PUT', '/api/temperos/1', { nome: hostile });
    const itens = [{ tempero: hostile, quantidade_g: 1 }];
    const { id } = await api.call<{ id: number }>('POST', '/api/receitas', { nome: hostile, itens });
    await api.call('PATCH', '/api/org', { nome: hostile });
    for (const device of ['mao', 'cozinha'])
      await api.call('PATCH', `/api/devices/${device}`, { nome: hostile });
    await api.call('POST', '/api/users', {
      ...{ user: 'bia', nome: hostile, role: 'leitor', password: 'uma senha bem longa' },
    });
    await api.call('POST', '/api/invites', { nome: hostile, role: 'leitor' });
    secrets.add((await api.call<TokenCreated>('POST', '/api/tokens', { nome: hostile })).token);
    const board = await theatre.house.board();
    const { job_id } = await api.call<{ job_id: number }>('POST', '/api/jobs', {
      ...{ receita_id: id, multiplicador: 1, device: 'mao' },
    });
    const job = await board.start(job_id);
    // A dispenser says what it likes too.
    await board.report(job, 1, { status: 'failed', error: `rele: ${hostile}`, tempero: hostile });
    await board.ack(job_id, (ack) => ack.itens.includes(1));
    await board.finish(job, []);
    await api.call('PATCH', `/api/jobs/${job_id}`, { nota: hostile });
    await api.call('POST', '/api/events', { type: 'pedido:novo', data: { texto: hostile, [hostile]: 1 } });
    return job_id;
  }

  test('a hostile name is text on every page, whatever it is the name of', async () => {
    const job_id = await nameEverything();
    const shown: string[] = [];
    for (const path of [...everyPage, `/execucoes/${job_id}`]) {
      await visit(page, theatre.stage, path);
      await page.waitForFunction(() => !document.querySelector('.skeleton'));
      expect(await page.locator('img[src="x"]').count(), path).toBe(0);
      const text = await page.evaluate(
        () =>
          document.body.textContent + [...document.querySelectorAll('input')].map((one) => one.value).join(),
      );
      if (text.includes(hostile)) shown.push(path);
    }
    expect(dialogs).toEqual([]);
    // Pages that showed none of it would prove nothing.
    expect(shown).toEqual(
      expect.arrayContaining([
        ...['/', '/receitas', '/fila', '/historico', '/dispensadores', '/dispensadores/cozinha', '/estoque'],
        ...['/usuarios', '/config', '/instalacao', '/conta', `/execucoes/${job_id}`],
      ]),
    );
  });

  test('no secret is in an address, in a cache, in the storage of the page, or in what is served', async () => {
    await visit(page, theatre.stage, '/conta');
    await Promise.all(reading);
    const kept = await page.evaluate(async () => {
      const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
      const addresses: string[] = [];
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
          addresses.push(new URL(request.url).pathname);
          texts.push((await (await cache.match(request))?.text()) ?? '');
        }
      }
      const bases = (await indexedDB.databases()).map(({ name }) => name);
      return { texts, addresses, bases };
    });
    expect(kept.addresses.length).toBeGreaterThan(0);
    expect(kept.addresses.filter((path) => path.startsWith('/api'))).toEqual([]);
    expect(kept.bases).toEqual([]);
    const dist = join(root, 'web', 'dist');
    const served = readdirSync(dist, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => readFileSync(join(one.parentPath, one.name), 'latin1'));
    expect(secrets.size).toBeGreaterThanOrEqual(5);
    expect(urls.some((url) => url.startsWith('ws'))).toBe(true);
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(15);
      for (const place of [urls, kept.texts, served])
        expect(place.filter((text) => text.includes(secret))).toEqual([]);
    }
    // Nor anything of the shape of one.
    for (const text of served) expect(text).not.toMatch(/\byg[ts]_[\w-]{20}/);
    expect(theatre.faults()).toEqual([]);
  });
});
