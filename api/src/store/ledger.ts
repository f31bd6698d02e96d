import { and, eq, sql } from 'drizzle-orm';
import type { Orm } from './open.ts';
import { estoqueMov, frascos, jobItems } from './schema/index.ts';
import { all, columns, get, p, run, runEach, type Tx, wholeRow } from './transaction.ts';

export type Frasco = typeof frascos.$inferSelect;
export type Movimento = typeof estoqueMov.$inferSelect;
export interface FrascoKey {
  readonly org_id: string;
  readonly device: string;
  readonly frasco: number;
}
/** What a new row of the ledger says; `quantidade_mg` is signed. */
export type NovoMovimento = FrascoKey &
  Pick<Movimento, 'tempero' | 'tipo' | 'quantidade_mg' | 'em'> &
  Partial<Pick<Movimento, 'job_id' | 'item_ordem' | 'estorna' | 'por' | 'nota'>>;

/** What was poured for one item. */
export type Saida = Pick<Movimento, 'tempero' | 'tipo' | 'quantidade_mg' | 'em' | 'job_id' | 'item_ordem'>;

/** What settled items of one frasco do to it, in the order of their reports. */
export interface Pours {
  /** What was reserved for them. */
  readonly liberado_mg: number;
  readonly saidas: readonly Saida[];
}

export type ReservedItem = Pick<
  typeof jobItems.$inferSelect,
  'org_id' | 'job_id' | 'item_ordem' | 'frasco' | 'reservado_mg'
>;

export interface Ledger {
  /**
   * Adds a row to the ledger and moves the saldo of its frasco with it. The saldo may go below zero: what
   * was poured was poured, and clamping would hide it.
   *
   * @returns the row and the frasco before and after
   * @throws a UNIQUE error for a second `saida` of one item or a second `estorno` of one movement
   */
  move(movimento: NovoMovimento): Tx<{ movimento: Movimento; antes: Frasco; depois: Frasco }>;
  /**
   * {@link move} for all that a batch has taken out of one frasco, and gives back what was reserved for it:
   * one change of the frasco, one row of the ledger for each.
   */
  pour(key: FrascoKey, pours: Pours): Tx<{ antes: Frasco; depois: Frasco }>;
  /** Nothing is reserved any more for these items; what {@link pour} gives back is counted there. */
  settleItens(job: { org_id: string; job_id: number }, itens: readonly number[]): Tx<void>;
  /** Counts `mg` of an item as spoken for. */
  reserve(
    item: { org_id: string; device: string; job_id: number; item_ordem: number; frasco: number },
    mg: number,
  ): Tx<void>;
  /** Gives back what is still reserved for the items of a job; answers the frascos touched. */
  release(job: { org_id: string; device: string; job_id: number }): Tx<number[]>;
  /** Gives back what is reserved for one item, as it was read in this transaction. */
  releaseItem(device: string, item: ReservedItem): Tx<void>;
  /** A frasco as it is; made empty when the device has none of that number yet. */
  frasco(key: FrascoKey): Tx<Frasco>;
  /** Marks a frasco whose true content is no longer known: to be weighed. */
  recount(key: FrascoKey): Tx<void>;
}

/** The only code that changes saldo and reservations; to be used inside a transaction. */
export function createLedger(orm: Orm): Ledger {
  const thisFrasco = and(
    eq(frascos.org_id, p('org_id')),
    eq(frascos.device, p('device')),
    eq(frascos.frasco, p('frasco')),
  );
  const thisItem = and(
    eq(jobItems.org_id, p('org_id')),
    eq(jobItems.job_id, p('job_id')),
    eq(jobItems.item_ordem, p('item_ordem')),
  );
  const bump = sql`${frascos.versao} + 1`;
  const q = {
    frasco: orm.select().from(frascos).where(thisFrasco).prepare(),
    make: orm
      .insert(frascos)
      .values({ org_id: p('org_id'), device: p('device'), frasco: p('frasco') } as unknown as FrascoKey)
      .onConflictDoNothing()
      .prepare(),
    add: orm
      .update(frascos)
      .set({
        saldo_mg: sql`${frascos.saldo_mg} + ${p('mg')}`,
        reservado_mg: sql`${frascos.reservado_mg} - ${p('liberado_mg')}`,
        versao: bump,
      })
      .where(thisFrasco)
      .returning()
      .prepare(),
    hold: orm
      .update(frascos)
      .set({ reservado_mg: sql`${frascos.reservado_mg} + ${p('mg')}`, versao: bump })
      .where(thisFrasco)
      .prepare(),
    recount: orm.update(frascos).set({ recontar: true, versao: bump }).where(thisFrasco).prepare(),
    append: orm.insert(estoqueMov).values(withoutId()).prepare(),
    appended: orm.insert(estoqueMov).values(withoutId()).returning().prepare(),
    settleItens: orm
      .update(jobItems)
      .set({ reservado_mg: 0 })
      .where(
        and(
          eq(jobItems.org_id, p('org_id')),
          eq(jobItems.job_id, p('job_id')),
          sql`${jobItems.item_ordem} in (select value from json_each(${p('itens')}))`,
        ),
      )
      .prepare(),
    held: orm
      .select()
      .from(jobItems)
      .where(
        and(
          eq(jobItems.org_id, p('org_id')),
          eq(jobItems.job_id, p('job_id')),
          sql`${jobItems.reservado_mg} > 0`,
        ),
      )
      .prepare(),
    holdItem: orm.update(jobItems).set(columns(jobItems, 'reservado_mg')).where(thisItem).prepare(),
  };

  function* frasco(key: FrascoKey): Tx<Frasco> {
    const found = yield* get(q.frasco, { ...key });
    if (found) return found;
    yield* run(q.make, { ...key });
    return (yield* get(q.frasco, { ...key })) as Frasco;
  }

  function* change(key: FrascoKey, mg: number, liberado_mg: number) {
    const values = { ...key, mg, liberado_mg };
    let depois = yield* get(q.add, values);
    if (!depois) {
      yield* frasco(key);
      depois = (yield* get(q.add, values)) as Frasco;
    }
    const antes: Frasco = {
      ...depois,
      saldo_mg: depois.saldo_mg - mg,
      reservado_mg: depois.reservado_mg + liberado_mg,
      versao: depois.versao - 1,
    };
    return { antes, depois };
  }

  function* releaseItem(device: string, item: ReservedItem): Tx<void> {
    if (item.reservado_mg === 0) return;
    yield* run(q.hold, { ...item, device, mg: -item.reservado_mg });
    yield* run(q.holdItem, { ...item, reservado_mg: 0 });
  }

  return {
    frasco,
    *move({ org_id, device, frasco: n, quantidade_mg, ...rest }) {
      const key = { org_id, device, frasco: n };
      const { antes, depois } = yield* change(key, quantidade_mg, 0);
      const { saldo_mg } = depois;
      const [movimento] = yield* all(q.appended, { ...unsaid, ...rest, ...key, quantidade_mg, saldo_mg });
      return { movimento: movimento as Movimento, antes, depois };
    },
    *pour(key, { liberado_mg, saidas }) {
      const mg = saidas.reduce((sum, { quantidade_mg }) => sum + quantidade_mg, 0);
      const { antes, depois } = yield* change(key, mg, liberado_mg);
      let { saldo_mg } = antes;
      const movimentos = saidas.map((saida) => {
        saldo_mg += saida.quantidade_mg;
        return movimentoOf(key, saida, saldo_mg);
      });
      yield* runEach(q.append, movimentos);
      return { antes, depois };
    },
    *settleItens({ org_id, job_id }, itens) {
      if (itens.length > 0) yield* run(q.settleItens, { org_id, job_id, itens: JSON.stringify(itens) });
    },
    *reserve(item, mg) {
      yield* frasco({ org_id: item.org_id, device: item.device, frasco: item.frasco });
      yield* run(q.hold, { ...item, mg });
      yield* run(q.holdItem, { ...item, reservado_mg: mg });
    },
    releaseItem,
    *release({ org_id, device, job_id }) {
      const held = yield* all(q.held, { org_id, job_id });
      for (const item of held) yield* releaseItem(device, item);
      return [...new Set(held.map((item) => item.frasco))];
    },
    *recount(key) {
      yield* frasco(key);
      yield* run(q.recount, { ...key });
    },
  };
}

/** What a row of the ledger leaves empty. */
const unsaid = { job_id: null, item_ordem: null, estorna: null, por: null, nota: '' };

/** Written out: a row for every entry, and two objects spread into a third cost more than its insert. */
const movimentoOf = (key: FrascoKey, saida: Saida, saldo_mg: number): Omit<Movimento, 'id'> => ({
  org_id: key.org_id,
  device: key.device,
  frasco: key.frasco,
  tempero: saida.tempero,
  tipo: saida.tipo,
  quantidade_mg: saida.quantidade_mg,
  saldo_mg,
  job_id: saida.job_id,
  item_ordem: saida.item_ordem,
  estorna: null,
  por: null,
  nota: '',
  em: saida.em,
});

function withoutId(): typeof estoqueMov.$inferInsert {
  const { id: _, ...row } = wholeRow(estoqueMov);
  return row;
}
