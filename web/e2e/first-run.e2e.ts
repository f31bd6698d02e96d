import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { accessibilityFaults } from './axe.ts';
import type { Stage } from './stage.ts';

export interface FirstRun {
  /** The one-time code that the platform printed. */
  readonly code: string;
  /** Switches on a simulated dispenser with the credential that the page has shown. */
  readonly switchOn: (credential: { username: string; client_id: string; password: string }) => Promise<void>;
}

/**
 * From nothing to the first job, by the page alone: first run, a new dispensador and its first contact, a
 * frasco, three calibration runs, a refill, a receita, its execution.
 */
export async function firstRunToFirstJob(
  page: Page,
  stage: Stage,
  { code, switchOn }: FirstRun,
): Promise<void> {
  await page.goto(`${stage.url}/`);
  await page.getByRole('link', { name: 'Primeiro uso: criar a cozinha' }).click();
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.getByLabel('Código do terminal').fill(code);
  await page.getByLabel('Nome da cozinha').fill('Cozinha da Ana');
  await page.getByLabel('Seu nome').fill('Ana');
  await page.getByLabel('Senha').fill('uma senha comprida');
  await page.getByRole('button', { name: 'Criar e entrar' }).click();

  await page.getByRole('heading', { name: 'Comece por aqui' }).waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.getByRole('link', { name: 'Começar' }).first().click();
  await page.getByLabel('Nome do dispensador').fill('Bancada');
  await page.getByLabel('Quantos frascos').fill('4');
  await page.getByRole('button', { name: 'Criar credencial' }).click();
  await page.getByLabel('Copiei').waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  const [username = '', client_id = '', password = ''] = await page.locator('dd.mono').allTextContents();
  await page.getByLabel('Copiei').check();
  await page.getByRole('button', { name: 'Seguir' }).click();
  await page.getByText('Esperando o aparelho').waitFor();
  await switchOn({ username, client_id, password });
  await page.getByText('Chegou!').waitFor();

  await page.getByRole('link', { name: 'Dizer o que há nos frascos' }).click();
  const edit = page.getByRole('button', { name: 'Editar frasco 1' });
  const add = page.getByRole('button', { name: 'Frasco', exact: true });
  await edit.or(add).first().click();
  await page.locator('.frasco-form input').first().fill('Sal');
  await page.locator('.frasco-form').getByLabel('Cheio (g)').fill('500');
  await page.locator('.frasco-form').getByRole('button', { name: 'Salvar' }).click();
  await page.getByText('sem calibração').first().waitFor();

  await page.getByRole('link', { name: 'Calibrar' }).first().click();
  for (const weight of ['10', '10,2', '9,8']) {
    await page.getByRole('button', { name: /^Girar / }).click();
    await page.getByLabel('Peso no copo (g)').fill(weight);
    await page.getByRole('button', { name: 'Anotar' }).click();
  }
  await page.getByText('diferença de').waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.getByRole('button', { name: 'Salvar' }).click();
  await page.getByText('Calibrado: 2 g/s').waitFor();

  await page.goto(`${stage.url}/estoque`);
  await page.getByRole('button', { name: 'Reabastecer' }).first().click();
  await page.getByRole('button', { name: /^Encheu/ }).click();
  await page.getByText('500 g').first().waitFor();

  await page.goto(`${stage.url}/receitas/nova`);
  await page.getByLabel('Nome da receita').fill('Só sal');
  await page.getByLabel('Tempero do item 1').fill('Sal');
  await page.getByLabel('Quantidade do item 1').fill('2,5');
  await page.getByRole('button', { name: 'Salvar' }).click();
  await page.getByRole('button', { name: 'Executar' }).click();
  await page.getByRole('button', { name: /^Executar · 2,5/ }).click();
  // The countdown lasts 5 s: a hand that is over the dialog all the time stops it whenever it begins.
  const stays = page.getByText('Fica aberto.');
  for (let step = 0; !(await stays.isVisible()); step = (step + 1) % 20)
    await page.mouse.move(640 + step, 400 + step);
  assert.deepEqual(await page.locator('dialog .tick').allTextContents(), ['salvo']);
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.keyboard.press('Escape');
  await page.goto(`${stage.url}/estoque`);
  await page.getByText('497,5 g').first().waitFor();
}
