import type { JobCreated, JobDetail } from '@yaguts/shared';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityFaults } from '../../../web/e2e/axe.ts';
import { visit } from '../../../web/e2e/stage.ts';
import { browserTestsSkipped } from '../browser.ts';
import { addPerson, type TestPerson } from './people.ts';
import { openTheatre, type Theatre } from './stage.ts';

describe.skipIf(browserTestsSkipped())('being told, in a real browser', () => {
  let theatre: Theatre;
  let page: Page;
  let sol: TestPerson;
  beforeAll(async () => {
    theatre = await openTheatre();
    ({ page } = await theatre.logIn({ viewport: { width: 1280, height: 900 } }));
    sol = await addPerson(theatre.house, 'sol', 'solicitante');
    await theatre.house.api.call('PATCH', '/api/org', { regra_aprovacao: 'solicitantes' });
  });
  afterAll(() => theatre?.close());

  const bell = () => page.locator('.bell');
  const ask = () =>
    sol.api.call<JobCreated>('POST', '/api/jobs', {
      ...{ receita_id: theatre.house.kitchen.receitas[0]?.id, multiplicador: 1, device: 'mao' },
    });

  test('a request rings the bell on whatever page one is; approved there with a remark, the bell rests', async () => {
    await visit(page, theatre.stage, '/estoque');
    expect(await bell().textContent()).toBe('');
    const { job_id } = await ask();
    await bell().getByText('1', { exact: true }).waitFor();
    await bell().click();
    const menu = page.locator('#sino');
    await menu.getByText('sol espera aprovação: Tempero baiano').waitFor();
    await menu.getByLabel('Comentário (opcional)').fill('pode');
    expect(await accessibilityFaults(page)).toEqual([]);
    await menu.getByRole('button', { name: 'Aprovar' }).click();
    await menu.getByRole('button', { name: 'Aprovar' }).waitFor({ state: 'detached' });
    const job = await theatre.house.api.call<JobDetail>('GET', `/api/jobs/${job_id}`);
    expect(job).toMatchObject({ decidido_por: 'ana', comentario: 'pode' });
    // Decided, but not read yet: that is for the person to say.
    await menu.getByRole('button', { name: 'Marcar tudo como lido' }).click();
    await bell().locator('b').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
  });

  test('what came while one was away is in the list, an event one chooses joins it, and read is read', async () => {
    await page.goto('about:blank');
    await theatre.house.api.call('POST', '/api/events', { type: 'pedido:novo', data: { mesa: 4 } });
    await visit(page, theatre.stage, '/avisos');
    await page.getByText('pedido:novo mesa: 4').waitFor();
    await bell().getByText('1', { exact: true }).waitFor();
    await page.getByText('Como quero ser avisado').click();
    await page.getByLabel('Trabalho pedido: Lista').check();
    // Nothing was lost by the choice: the job asked for before is in the list now.
    await page.getByText('sol pediu Tempero baiano').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Marcar tudo como lido' }).click();
    await bell().locator('b').waitFor({ state: 'detached' });
  });

  test('a new board is let in with a code that a phone can read', async () => {
    await visit(page, theatre.stage, '/dispensadores/novo');
    await page.getByLabel('Nome do dispensador').fill('Placa');
    await page.getByRole('button', { name: 'Criar credencial' }).click();
    await page.getByText('Placa nova ou apagada').click();
    await page.getByRole('button', { name: 'Gerar código' }).click();
    const code = (await page.locator('output').textContent()) ?? '';
    expect(code).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}$/);
    await page.getByLabel('Código em QR').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Já digitei' }).click();
    await page.getByText('Esperando o aparelho').waitFor();
    const claimed = await theatre.house.api.call<{ device: string }>('POST', '/api/devices/claim', { code });
    expect(claimed.device).toBe('placa');
  });

  test('limits for approval and of a person are set on their pages', async () => {
    await visit(page, theatre.stage, '/config');
    const form = page.locator('form', { hasText: 'Sempre esperam aprovação' });
    await form.getByLabel('Acima de (g)').fill('250');
    await form.getByRole('button', { name: 'Salvar' }).click();
    await page.getByText('Salvo').first().waitFor();
    expect(await theatre.house.api.call('GET', '/api/org/approval')).toMatchObject({ acima_g: 250 });

    await visit(page, theatre.stage, '/usuarios');
    const person = page.locator('article', { hasText: 'sol' });
    await person.getByText('Dispensadores desta pessoa').click();
    await person.getByLabel('Na sua mão').check();
    await page.getByText('Salvo').first().waitFor();
    expect(await theatre.house.api.call('GET', '/api/users/sol/devices')).toEqual({ devices: ['mao'] });
    expect(theatre.faults()).toEqual([]);
  });
});
