import type { Receita, ReceitaIn, ReceitaItemIn } from '@yaguts/shared';
import { limits, Nome } from '@yaguts/shared';
import * as v from 'valibot';
import { t } from '../../i18n/t.ts';

/** A receita while it is written: numbers may be missing or no numbers yet. */
export interface DraftItem {
  /** Stays with the row while it moves, so that the fields keep their focus. */
  readonly key: number;
  readonly tempero: string;
  readonly quantidade_g: number | null;
  readonly escala: ReceitaItemIn['escala'];
  readonly critico: boolean;
}
export interface Draft {
  readonly nome: string;
  readonly notas: string;
  /** As typed: separated by commas. */
  readonly tags: string;
  readonly favorita: boolean;
  readonly itens: readonly DraftItem[];
}

let keys = 0;
export const newItem = (): DraftItem => ({
  key: ++keys,
  tempero: '',
  quantidade_g: null,
  escala: 'linear',
  critico: false,
});
export const emptyDraft = (): Draft => ({
  nome: '',
  notas: '',
  tags: '',
  favorita: false,
  itens: [newItem()],
});
export const draftFrom = (receita: Receita): Draft => ({
  nome: receita.nome,
  notas: receita.notas,
  tags: receita.tags.join(', '),
  favorita: receita.favorita,
  itens: receita.itens.map((item) => ({ ...item, key: ++keys })),
});

export interface DraftFaults {
  readonly nome?: string | undefined;
  /** By the item's key. */
  readonly itens: ReadonlyMap<number, string>;
}

/** What is wrong with a draft, in words; by the schema that the api uses. */
export function faultsOf(draft: Draft): DraftFaults {
  const itens = new Map<number, string>();
  for (const item of draft.itens) {
    if (!v.is(Nome, item.tempero)) itens.set(item.key, t('receita.falha-tempero'));
    else if (!(item.quantidade_g !== null && item.quantidade_g >= 0.001 && item.quantidade_g <= 1_000_000)) {
      itens.set(item.key, t('receita.falha-gramas'));
    }
  }
  return { nome: v.is(Nome, draft.nome) ? undefined : t('receita.falha-nome'), itens };
}

/** The body for the api; undefined while something is wrong. */
export function receitaFrom(draft: Draft): ReceitaIn | undefined {
  const faults = faultsOf(draft);
  if (faults.nome || faults.itens.size > 0) return undefined;
  if (draft.itens.length === 0 || draft.itens.length > limits.maxItens) return undefined;
  const tags = [...new Set(draft.tags.split(',').map((tag) => tag.trim()))].filter(Boolean);
  return {
    nome: draft.nome.trim(),
    notas: draft.notas,
    favorita: draft.favorita,
    tags: tags.map((tag) => tag.slice(0, 24)).slice(0, 16),
    itens: draft.itens.map(({ tempero, quantidade_g, escala, critico }) => ({
      tempero: tempero.trim(),
      quantidade_g: quantidade_g ?? 0,
      escala,
      critico,
    })),
  };
}

/** The list with one item moved by a step; the same list at its ends. */
export function moved<T>(list: readonly T[], index: number, step: -1 | 1): readonly T[] {
  const to = index + step;
  const item = list[index];
  if (item === undefined || to < 0 || to >= list.length) return list;
  const next = list.toSpliced(index, 1);
  next.splice(to, 0, item);
  return next;
}
