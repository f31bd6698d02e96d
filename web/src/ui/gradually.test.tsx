import { cleanup, render } from '@testing-library/preact';
import { afterEach, expect, test, vi } from 'vitest';
import { useGradually } from './gradually.ts';

const frames: number[] = [];
function List({ total }: { total: number }) {
  const drawn = useGradually(total, 4);
  frames.push(drawn);
  return <p>{drawn}</p>;
}
afterEach(() => {
  cleanup();
  frames.length = 0;
});

test('a long list is drawn a few at a time, to its end and not beyond', async () => {
  const { container } = render(<List total={10} />);
  await vi.waitFor(() => expect(container.textContent).toBe('10'));
  expect(frames).toEqual([4, 8, 10]);
});

test('a short list is drawn at once, and what joins it later as well', async () => {
  const { container, rerender } = render(<List total={2} />);
  expect(container.textContent).toBe('2');
  rerender(<List total={5} />);
  await vi.waitFor(() => expect(container.textContent).toBe('5'));
});
