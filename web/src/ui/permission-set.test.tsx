import { signal } from '@preact/signals';
import { cleanup, fireEvent, render } from '@testing-library/preact';
import type { Permission } from '@yaguts/shared';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadTexts } from '../i18n/t.ts';
import { session } from '../store/session.ts';
import { aSession } from '../test-data.ts';
import { PermissionSet } from './permission-set.tsx';

beforeAll(() => loadTexts('pages', 'office'));
beforeEach(() => {
  session.value = aSession();
});
afterEach(cleanup);

test('two ticks before the next drawing both count; a tick taken back goes, none twice', () => {
  const chosen = signal<readonly Permission[]>(['jobs:view']);
  // Drawn once, with the set of the beginning, as between two frames.
  const { getByLabelText } = render(
    <PermissionSet
      legend="x"
      chosen={chosen.peek()}
      onChosen={(next) => (chosen.value = next(chosen.value))}
    />,
  );
  fireEvent.click(getByLabelText('Pedir execuções'));
  fireEvent.click(getByLabelText('Ver o estoque'));
  expect(chosen.value).toEqual(['jobs:view', 'jobs:create', 'estoque:view']);
  fireEvent.click(getByLabelText('Ver o estoque'));
  expect(chosen.value).toEqual(['jobs:view', 'jobs:create']);
});
