import { cleanup, fireEvent, render } from '@testing-library/preact';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { loadTexts } from '../../i18n/t.ts';
import { temperos } from '../../store/temperos.ts';
import { Amount } from './amount.tsx';
import { newItem } from './draft.ts';

beforeAll(() => loadTexts('pages', 'office'));
afterEach(cleanup);

// Salt: 1.2 g in a millilitre, so 6 g in a colher de chá and 0.75 g in a pitada.
const sal = { id: 1, nome: 'Sal', densidade_g_ml: 1.2, alergenos: [], cor: null };

function open(tempero: string, quantidade_g: number | null) {
  temperos.value = [sal];
  const onGrams = vi.fn();
  const item = { ...newItem(), tempero, quantidade_g };
  const { container, getByLabelText } = render(<Amount item={item} n={1} onGrams={onGrams} />);
  const amount = () => getByLabelText('Quantidade do item 1') as HTMLInputElement;
  const unit = (value: string) => fireEvent.change(getByLabelText('Medida do item 1'), { target: { value } });
  const type = (value: string) => fireEvent.input(amount(), { target: { value } });
  return { container, amount, unit, type, onGrams };
}

test('an amount is typed in colheres de chá or pitadas and kept in grams', () => {
  const { amount, unit, type, onGrams } = open('Sal', 12);
  unit('cha');
  expect(amount().value).toBe('2');
  type('1,5');
  unit('pitada');
  type('3');
  expect(onGrams.mock.calls).toEqual([[9], [2.25]]);
});

test('in grams the spoons stand beside; what is no number is told as such', () => {
  const { container, type, onGrams } = open('Sal', 12);
  expect(container.textContent).toContain('≈ 2 colheres de chá');
  type('muito');
  expect(onGrams).toHaveBeenCalledWith(Number.NaN);
});

test('without a density there are grams only', () => {
  const { container, type, onGrams } = open('Louro', 3);
  expect(container.querySelector('select')).toBeNull();
  type('2,5');
  expect(onGrams).toHaveBeenCalledWith(2.5);
});
