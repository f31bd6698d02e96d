import { act, cleanup, fireEvent, render } from '@testing-library/preact';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { loadTexts } from '../i18n/t.ts';
import { CopyButton } from './copy-button.tsx';

beforeAll(() => loadTexts('pages'));
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});
const press = (button: Element | null) =>
  act(async () => {
    fireEvent.click(button as Element);
    // The clipboard answers in a task of its own.
    await new Promise((resolve) => setTimeout(resolve));
  });
const clipboard = (value: unknown) =>
  Object.defineProperty(navigator, 'clipboard', { value, configurable: true });

test('a text is copied and said to be; another text is not copied yet', async () => {
  const writeText = vi.fn(async () => {});
  clipboard({ writeText });
  const { container, rerender } = render(<CopyButton text="um" />);
  await press(container.querySelector('button'));
  expect(writeText).toHaveBeenCalledWith('um');
  expect(container.textContent).toBe('Copiado');
  rerender(<CopyButton text="dois" />);
  expect(container.textContent).toBe('Copiar');
});

test('without a clipboard, on plain http, the text is copied from a field that goes away again', async () => {
  clipboard(undefined);
  let selected: string | undefined;
  document.execCommand = () => {
    selected = document.querySelector('textarea')?.value;
    return true;
  };
  const { container } = render(<CopyButton text="um" />);
  await press(container.querySelector('button'));
  expect(selected).toBe('um');
  expect(container.querySelector('textarea')).toBeNull();
  expect(container.textContent).toBe('Copiado');
});
