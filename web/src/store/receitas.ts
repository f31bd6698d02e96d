import { signal } from '@preact/signals';
import type { Receita } from '@yaguts/shared';
import { api } from '../api/routes.ts';

/** The receitas of the org, as last read. */
export const receitas = signal<readonly Receita[] | undefined>(undefined);

export async function loadReceitas(): Promise<void> {
  receitas.value = await api.receitas();
}
