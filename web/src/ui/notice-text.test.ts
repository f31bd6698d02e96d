import { platformEvents } from '@yaguts/shared';
import { beforeEach, expect, test } from 'vitest';
import { loadTexts, setLanguage, t } from '../i18n/t.ts';
import { minuteIn } from '../live/tell-person.ts';
import { noticeLink, noticeText } from './notice-text.ts';

beforeEach(async () => {
  await setLanguage('pt-BR');
  await loadTexts('pages', 'office');
});

test('every event of the platform has a sentence and a name in both languages', async () => {
  for (const language of ['pt-BR', 'en'] as const) {
    await setLanguage(language);
    for (const type of platformEvents.filter((one) => one !== 'connected')) {
      expect(noticeText(type, {}).startsWith(type), `${language} ${type}`).toBe(false);
      expect(t(`evento-nome.${type}` as never), `${language} ${type}`).not.toBe('');
    }
  }
});

test('a notice says who, what and how much', () => {
  expect(noticeText('permission:pending', { receita: 'Baiano', criado_por: 'sol' })).toBe(
    'sol espera aprovação: Baiano',
  );
  expect(noticeText('permission:decided', { receita: 'Baiano', decisao: 'negado' })).toBe(
    'Seu pedido Baiano: negado',
  );
  expect(noticeText('estoque:low', { device: 'cozinha', frasco: 2, saldo_g: 12.5 })).toBe(
    'cozinha, frasco 2: restam 12,5 g',
  );
  expect(noticeText('device:alert', { device: 'mao', code: 'gemeo' })).toContain('mesma credencial');
});

test("an integration's event is shown as it came, shortened", () => {
  expect(noticeText('pedido:novo', { mesa: 4, itens: [1, 2] })).toBe('pedido:novo mesa: 4 · itens');
  expect(noticeText('pedido:novo', { nota: 'x'.repeat(500) }).length).toBeLessThan(220);
});

test('a notice leads to what it is about', () => {
  expect(noticeLink('permission:pending', { job_id: 7 })).toBe('/aprovacoes');
  expect(noticeLink('agent:execution:error', { job_id: 7, device: 'mao' })).toBe('/execucoes/7');
  expect(noticeLink('device:lost', { device: 'mao' })).toBe('/dispensadores/mao');
  expect(noticeLink('pedido:novo', {})).toBeUndefined();
});

test('quiet hours are counted in the time zone of the org', () => {
  const noon = Date.UTC(2026, 10, 24, 12, 30);
  expect(minuteIn('UTC', noon)).toBe(12 * 60 + 30);
  expect(minuteIn('America/Sao_Paulo', noon)).toBe(9 * 60 + 30);
  expect(minuteIn('UTC', Date.UTC(2026, 10, 24, 0, 5))).toBe(5);
});
