import type { Receita } from '@yaguts/shared';

/** Lower case without accents: "feijao" finds "Feijão". */
export const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase();

/** The receitas that the address bar asks for; every word must be found in name, tags or temperos. */
export function filterReceitas(
  all: readonly Receita[],
  query: Readonly<Record<string, string | undefined>>,
): readonly Receita[] {
  const words = plain(query.q ?? '')
    .split(/\s+/)
    .filter(Boolean);
  return all
    .filter((receita) => {
      if (query.favoritas === '1' && !receita.favorita) return false;
      if (query.agora === '1' && receita.pode_agora.length === 0) return false;
      if (query.tag && !receita.tags.includes(query.tag)) return false;
      const text = plain(
        [receita.nome, ...receita.tags, ...receita.itens.map((item) => item.tempero)].join(' '),
      );
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => Number(b.favorita) - Number(a.favorita) || a.nome.localeCompare(b.nome));
}

/** Tags in use, the commonest first. */
export function tagsOf(all: readonly Receita[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const tag of all.flatMap((receita) => receita.tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts.entries()]
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
    .slice(0, 12)
    .map(([tag]) => tag);
}

/**
 * The multiplicador that uses up what one has: "tenho 40 g de sal".
 *
 * @returns undefined when the receita does not scale with this item
 */
export function multiplicadorFor(receita: Receita, tempero: string, have_g: number): number | undefined {
  const item = receita.itens.find((one) => one.tempero === tempero && one.escala === 'linear');
  if (!item || !(have_g > 0)) return undefined;
  // Down to a thousandth, never up: one must not be asked for more than one has.
  return Math.max(0.001, Math.floor((have_g / item.quantidade_g) * 1_000) / 1_000);
}
