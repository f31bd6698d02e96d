import type { RepeatRefusal } from '@yaguts/shared';

/**
 * What may be repeated of an item that was not poured. A repetition is a job of its own whose items say which
 * item of the origin they repeat; it can be repeated in turn, and one item may come back as several when its
 * tempero stands in several frascos. Jobs that come from one another are a family.
 *
 * Grams decide: an item may be asked again for what neither it nor anything made from it has poured or may
 * still pour, and never for more than is left of each item it comes from. So whatever is repeated from
 * wherever and in whatever order, an item is never poured twice.
 */

/** An item of a job of the family, as it stands. */
export interface FamilyItem {
  readonly job_id: number;
  readonly item_ordem: number;
  readonly frasco: number;
  readonly tempero: string;
  readonly quantidade_mg: number;
  /** The job that its job repeats; null in the first one. */
  readonly origem_job_id: number | null;
  /** The item of that job which it repeats; null also when it was made before this was kept. */
  readonly origem_item: number | null;
  /** Its job has ended. */
  readonly terminado: boolean;
  /** Null: no final entry. */
  readonly status: 'done' | 'failed' | null;
}

/** What may be asked again of one item, and every later try at the same thing. */
export interface RepeatVerdict {
  readonly item: FamilyItem;
  /** 0 when `refusal` says why. */
  readonly mg: number;
  readonly refusal: RepeatRefusal | null;
  /** Made from it, or from what it comes from, after it; oldest first. */
  readonly repetitions: readonly FamilyItem[];
}

/**
 * Judges each item of a job by itself.
 *
 * @param family every item of the job, of those it comes from and of those that come from them
 * @returns in the order of the items; empty for a job that is not in the family
 */
export function judgeRepetition(family: readonly FamilyItem[], jobId: number): RepeatVerdict[] {
  const tree = treeOf(family);
  return itensOf(family, jobId).map((item) => {
    const repetitions = tree.laterThan(item);
    const refusal = refusalOf(tree, item, repetitions);
    return { item, repetitions, refusal, mg: refusal ? 0 : tree.leftFor(item) };
  });
}

/**
 * The amounts of one repetition of several items. Items of one origin share what is left of it, so that one
 * may get less than by itself; one that gets nothing is left out.
 *
 * @param itens those to repeat; all that may be when left out
 */
export function shareOut(
  family: readonly FamilyItem[],
  jobId: number,
  itens?: readonly number[],
): { readonly item: FamilyItem; readonly mg: number }[] {
  const tree = treeOf(family);
  const wanted = judgeRepetition(family, jobId).filter(
    ({ item, refusal }) => refusal === null && (itens?.includes(item.item_ordem) ?? true),
  );
  return wanted.map(({ item }) => ({ item, mg: tree.take(item) })).filter(({ mg }) => mg > 0);
}

const itensOf = (family: readonly FamilyItem[], jobId: number): FamilyItem[] =>
  family.filter((item) => item.job_id === jobId).sort((a, b) => a.item_ordem - b.item_ordem);

/** Whether `child` was made from `item`; one whose origin was not kept counts for every item of its tempero. */
function repeats(child: FamilyItem, item: FamilyItem): boolean {
  if (child.origem_job_id !== item.job_id) return false;
  return child.origem_item === null ? child.tempero === item.tempero : child.origem_item === item.item_ordem;
}

interface Tree {
  /** Everything made from an item and from what was made from it. */
  madeFrom(item: FamilyItem): FamilyItem[];
  /** The later tries at an item, oldest first: other parts of what it comes from, and what was made from them, are none. */
  laterThan(item: FamilyItem): FamilyItem[];
  /** Itself first, then everything it comes from. */
  lineOf(item: FamilyItem): FamilyItem[];
  /** Milligrams that may be asked again of an item. */
  leftFor(item: FamilyItem): number;
  /** The same, and counts them as asked. */
  take(item: FamilyItem): number;
  has(jobId: number): boolean;
}

function treeOf(family: readonly FamilyItem[]): Tree {
  const known = new Set(family.map((item) => item.job_id));
  const reach = (from: FamilyItem, next: (item: FamilyItem) => readonly FamilyItem[]): FamilyItem[] => {
    const found = new Set([from]);
    for (const item of found) for (const one of next(item)) found.add(one);
    return [...found];
  };
  const children = (item: FamilyItem) => family.filter((one) => repeats(one, item));
  const parents = (item: FamilyItem) => family.filter((one) => repeats(item, one));
  const madeFrom = (item: FamilyItem) => reach(item, children).slice(1);
  const lineOf = (item: FamilyItem) => reach(item, parents);
  const laterThan = (item: FamilyItem) => {
    const line = lineOf(item);
    const beside = family.filter(
      (one) => !line.includes(one) && line.some(({ job_id }) => job_id === one.job_id),
    );
    const apart = new Set([...line, ...beside.flatMap((one) => [one, ...madeFrom(one)])]);
    return [...new Set(line.flatMap(madeFrom))]
      .filter((one) => one.job_id > item.job_id && !apart.has(one))
      .sort((a, b) => a.job_id - b.job_id || a.item_ordem - b.item_ordem);
  };

  const left = new Map<FamilyItem, number>();
  for (const item of family) {
    const gone = [item, ...madeFrom(item)]
      .filter((one) => one.status === 'done' || !one.terminado)
      .reduce((sum, one) => sum + one.quantidade_mg, 0);
    left.set(item, Math.max(0, item.quantidade_mg - gone));
  }
  const leftFor = (item: FamilyItem) => Math.min(...lineOf(item).map((one) => left.get(one) ?? 0));
  return {
    madeFrom,
    laterThan,
    lineOf,
    leftFor,
    take: (item) => {
      const mg = leftFor(item);
      for (const one of lineOf(item)) left.set(one, (left.get(one) ?? 0) - mg);
      return mg;
    },
    has: (jobId) => known.has(jobId),
  };
}

function refusalOf(tree: Tree, item: FamilyItem, repetitions: readonly FamilyItem[]): RepeatRefusal | null {
  if (item.status === 'done') return 'feito';
  if (!item.terminado) return 'nao_terminou';
  if (repetitions.some((one) => !one.terminado)) return 'em_andamento';
  const line = tree.lineOf(item);
  // What else came from a job that is no longer kept cannot be known.
  if (line.some(({ origem_job_id: of }) => of !== null && !tree.has(of))) return 'sem_origem';
  if (tree.leftFor(item) > 0) return null;
  const isUnderWay = line.some((one) => tree.madeFrom(one).some((made) => !made.terminado));
  return isUnderWay ? 'em_andamento' : 'repetido';
}
