import { computed, signal } from '@preact/signals';
import type { Tempero } from '@yaguts/shared';
import { api } from '../api/routes.ts';

/** The temperos of the org: few, slow to change, read once per page that needs them. */
export const temperos = signal<readonly Tempero[] | undefined>(undefined);
export const temperoColors = computed(
  () => new Map(temperos.value?.filter(({ cor }) => cor).map(({ nome, cor }) => [nome, cor as string])),
);

export async function loadTemperos(): Promise<void> {
  temperos.value = await api.temperos();
}
