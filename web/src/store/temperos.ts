import { computed, signal } from '@preact/signals';
import type { Tempero } from '@yaguts/shared';
import { api } from '../api/routes.ts';

/** The temperos of the org: few, slow to change, read once per page that needs them. */
export const temperos = signal<readonly Tempero[] | undefined>(undefined);
export const temperoColors = computed(
  () => new Map(temperos.value?.filter(({ cor }) => cor).map(({ nome, cor }) => [nome, cor as string])),
);
/** Grams in a millilitre, of those that somebody has measured. */
export const temperoDensities = computed(
  () => new Map(temperos.value?.map(({ nome, densidade_g_ml }) => [nome, densidade_g_ml])),
);

export async function loadTemperos(): Promise<void> {
  temperos.value = await api.temperos();
}

/** Names of temperos that are used without being known yet, each once. */
export function unknownTemperos(names: readonly string[]): readonly string[] {
  const known = new Set(temperos.value?.map((tempero) => tempero.nome));
  return [...new Set(names.map((name) => name.trim()).filter((name) => name && !known.has(name)))];
}

/** Makes the temperos that a receita or a frasco names and that are not there yet. */
export async function ensureTemperos(names: readonly string[]): Promise<void> {
  for (const nome of unknownTemperos(names)) {
    await api.saveTempero({ nome, densidade_g_ml: null, alergenos: [], cor: null });
  }
  await loadTemperos();
}
