import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { TokenRow } from '@yaguts/shared';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityFaults } from '../../../web/e2e/axe.ts';
import { visit } from '../../../web/e2e/stage.ts';
import { browserTestsSkipped } from '../browser.ts';
import { addPerson } from './people.ts';
import { openTheatre, type Theatre } from './stage.ts';

describe.skipIf(browserTestsSkipped())('people and organisations, in a real browser', () => {
  let theatre: Theatre;
  let page: Page;
  beforeAll(async () => {
    theatre = await openTheatre();
    ({ page } = await theatre.logIn({ viewport: { width: 1280, height: 900 }, acceptDownloads: true }));
    await addPerson(theatre.house, 'bia', 'leitor');
  });
  afterAll(() => theatre?.close());

  const download = async (name: string): Promise<Buffer> => {
    const started = page.waitForEvent('download');
    await page.locator('main').getByText(name, { exact: true }).click();
    return readFileSync(await (await started).path());
  };
  /** For who looks at the pages by eye. */
  const picture = async (name: string): Promise<void> => {
    const folder = process.env.YAGUTS_PICTURES;
    if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  };

  test('a person is given a set of permissions of their own, and their role’s back', async () => {
    await visit(page, theatre.stage, '/usuarios');
    const card = page.locator('article', { hasText: 'bia' });
    await card.locator('summary', { hasText: 'Permissões' }).click();
    expect(await card.getByLabel('Apagar ou passar a cozinha').count()).toBe(0);
    await card.getByLabel('Pedir execuções').check();
    await picture('usuarios');
    expect(await accessibilityFaults(page)).toEqual([]);
    await card.getByRole('button', { name: 'Salvar', exact: true }).click();
    await card.getByText('próprias').waitFor();
    const bia = async () =>
      (
        await theatre.house.api.call<{ rows: { user: string; permissoes: string[] }[] }>('GET', '/api/users')
      ).rows
        .find(({ user }) => user === 'bia')
        ?.permissoes.sort();
    expect(await bia()).toEqual(['estoque:view', 'history:view', 'jobs:create', 'jobs:view']);
    await card.locator('summary', { hasText: 'Permissões' }).click();
    await card.getByRole('button', { name: 'Voltar às do papel' }).click();
    await card.getByText('próprias').waitFor({ state: 'detached' });
    expect(await bia()).toEqual([]);
  });

  test('the tokens of a person are seen and revoked', async () => {
    await visit(page, theatre.stage, '/usuarios');
    const card = page.locator('article', { hasText: 'bia' });
    await card.locator('summary', { hasText: 'Tokens de acesso' }).click();
    await card.getByText('teste').waitFor();
    await card.getByRole('button', { name: 'Revogar' }).click();
    await card.getByText('Nenhum token.').waitFor();
  });

  test('a token is made with a part of one’s rights', async () => {
    await visit(page, theatre.stage, '/conta');
    await page.getByLabel('Nome do token').fill('relatório');
    await page.getByLabel('O que este token pode').selectOption('parte');
    const make = page.getByRole('button', { name: 'Criar', exact: true });
    await expect.poll(() => make.isDisabled(), { timeout: 120_000 }).toBe(true);
    await page.getByLabel('Ver o histórico').check();
    await picture('conta');
    expect(await accessibilityFaults(page)).toEqual([]);
    await make.click();
    await page.getByText('ygt_').waitFor();
    const { rows } = await theatre.house.api.call<{ rows: TokenRow[] }>('GET', '/api/tokens');
    expect(rows.find(({ nome }) => nome === 'relatório')?.permissoes).toEqual(['history:view']);
  });

  test('the audit is searched by the platform, taken out, and its chain verified', async () => {
    await visit(page, theatre.stage, '/auditoria');
    await page.getByLabel('Ação', { exact: true }).fill('token.issue');
    await page.getByRole('button', { name: 'Procurar' }).click();
    await page.getByRole('cell', { name: 'org.setup' }).waitFor({ state: 'detached' });
    const acts = await page.locator('tbody tr td:nth-child(4)').allTextContents();
    expect(new Set(acts)).toEqual(new Set(['token.issue']));
    await page.getByRole('button', { name: 'Verificar a cadeia' }).click();
    await page.getByText(/inteira: \d+ linhas/).waitFor();
    await picture('auditoria');
    expect(await accessibilityFaults(page)).toEqual([]);
    const csv = (await download('CSV')).toString();
    expect(csv.trimEnd().split('\r\n')).toHaveLength(acts.length + 1);
    expect(JSON.parse((await download('JSON')).toString())).toHaveLength(acts.length);
  });

  test('an organisation is taken out, brought in under another id, and a new one made with its owner’s link', async () => {
    await visit(page, theatre.stage, '/config');
    await picture('config');
    const archive = await download('Baixar arquivo');
    expect(gunzipSync(archive).toString()).toContain('"formato":"yaguts-org"');
    await visit(page, theatre.stage, '/instalacao');
    await page.locator('summary', { hasText: 'Trazer de um arquivo' }).click();
    await page
      .getByLabel('Arquivo', { exact: true })
      .setInputFiles({ name: 'demo.ndjson.gz', mimeType: 'application/gzip', buffer: archive });
    await page.getByLabel('Outro identificador').fill('copia');
    await page.getByRole('button', { name: 'Trazer de um arquivo' }).click();
    await page.getByText(/copia entrou: [\d.]+ linhas/).waitFor();
    await page.getByText('ana → ana-2').waitFor();
    await page.locator('summary', { hasText: 'Nova cozinha' }).click();
    const form = page.locator('details', { hasText: 'Nova cozinha' });
    await form.getByLabel('Nome').fill('Padaria');
    await form.getByLabel('Quem será dono').fill('Rui');
    await form.getByRole('button', { name: 'Criar e convidar' }).click();
    const link = (await form.getByText('/convite#code=').textContent()) ?? '';
    await page.getByRole('cell', { name: 'Padaria padaria' }).waitFor();
    await picture('instalacao-orgs');
    expect(await accessibilityFaults(page)).toEqual([]);

    const guest = await (await page.context().browser())!.newContext({ locale: 'pt-BR' });
    const rui = await guest.newPage();
    await rui.goto(link);
    await rui.getByText('Padaria').first().waitFor();
    await guest.close();
  });

  test('an organisation is deleted only by typing its id', async () => {
    await visit(page, theatre.stage, '/config');
    await page.locator('summary', { hasText: 'Apagar a cozinha' }).click();
    const button = page.getByRole('button', { name: 'Apagar a cozinha' });
    const typed = page.getByLabel('Para confirmar, digite demo');
    await typed.fill('Demo');
    expect(await button.isDisabled()).toBe(true);
    await typed.fill('demo');
    await button.click();
    // The other organisations would be left without anybody who runs the installation.
    await page.getByRole('alert').first().waitFor();
    expect(await theatre.house.api.call('GET', '/api/org')).toMatchObject({ org: 'demo' });
    expect(theatre.faults()).toEqual([]);
  });
});
