import { AppError, gFromMg, type Movimento, type MovimentoIn, mgFromG } from '@yaguts/shared';
import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import { type Act, actRow } from './audit.ts';
import type { Frasco, NovoMovimento, Movimento as Row } from './ledger.ts';
import type { StoreParts } from './parts.ts';
import { devices, estoqueMov, frascos, temperos } from './schema/index.ts';
import { all, columns, get, p, run, type Tx } from './transaction.ts';

export interface MovimentoFilter {
  readonly device?: string | undefined;
  readonly frasco?: number | undefined;
  readonly limit: number;
  /** Only rows before this id. */
  readonly before?: number | undefined;
}

export interface EstoqueStore {
  /**
   * A movement made by a person. The ledger is append-only: undoing is a row that compensates, once.
   *
   * @throws AppError "not_found" for an unknown frasco or movement, "conflict" when a movement is undone
   *         already or is one that cannot be (a `saida` is what was really poured)
   */
  moveEstoque(
    org: string,
    input: MovimentoIn,
    act: Act,
  ): Promise<{ movimento: Movimento; antes: Frasco; depois: Frasco }>;
  /** Newest first. */
  listMovimentos(org: string, filter: MovimentoFilter): Promise<Movimento[]>;
  /** Frascos whose saldo is not the sum of their ledger: there are none, or something is broken. */
  /** Whose frasco a movement was of; undefined when there is none of that number. */
  deviceOfMovement(org: string, id: number): Promise<string | undefined>;
  wrongSaldos(org: string): Promise<{ device: string; frasco: number; saldo_mg: number; soma_mg: number }[]>;
}

export function createEstoque({ db, audit, ledger }: StoreParts): EstoqueStore {
  const { orm } = db;
  const undo = alias(estoqueMov, 'undo');
  // Written out: in the list of a query of one table Drizzle leaves the tables of columns away, and the
  // subquery would compare its own rows with themselves.
  const sum = sql<number>`coalesce((select sum(m.quantidade_mg) from ${estoqueMov} m
    where m.org_id = frascos.org_id and m.device = frascos.device and m.frasco = frascos.frasco), 0)`;
  const q = {
    frasco: orm
      .select({ frasco: frascos, tempero: temperos.nome })
      .from(frascos)
      .innerJoin(devices, and(eq(devices.org_id, frascos.org_id), eq(devices.device, frascos.device)))
      .leftJoin(temperos, and(eq(temperos.org_id, frascos.org_id), eq(temperos.id, frascos.tempero_id)))
      .where(
        and(
          eq(frascos.org_id, p('org')),
          eq(frascos.device, p('device')),
          eq(frascos.frasco, p('frasco')),
          isNull(devices.removido_em),
        ),
      )
      .prepare(),
    byId: orm
      .select({ mov: estoqueMov, undoneBy: undo.id })
      .from(estoqueMov)
      .leftJoin(undo, and(eq(undo.org_id, estoqueMov.org_id), eq(undo.estorna, estoqueMov.id)))
      .where(and(eq(estoqueMov.org_id, p('org')), eq(estoqueMov.id, p('id'))))
      .prepare(),
    list: orm
      .select({ mov: estoqueMov, undoneBy: undo.id })
      .from(estoqueMov)
      .leftJoin(undo, and(eq(undo.org_id, estoqueMov.org_id), eq(undo.estorna, estoqueMov.id)))
      .where(
        sql`${estoqueMov.org_id} = ${p('org')} and ${estoqueMov.id} < ${p('before')}
          and (${p('device')} is null or ${estoqueMov.device} = ${p('device')})
          and (${p('frasco')} is null or ${estoqueMov.frasco} = ${p('frasco')})`,
      )
      .orderBy(desc(estoqueMov.id))
      .limit(p('limit'))
      .prepare(),
    weighed: orm
      .update(frascos)
      .set(columns(frascos, 'recontar'))
      .where(
        and(eq(frascos.org_id, p('org')), eq(frascos.device, p('device')), eq(frascos.frasco, p('frasco'))),
      )
      .prepare(),
    deviceOf: orm
      .select({ device: estoqueMov.device })
      .from(estoqueMov)
      .where(and(eq(estoqueMov.org_id, p('org')), eq(estoqueMov.id, p('id'))))
      .prepare(),
    wrong: orm
      .select({ device: frascos.device, frasco: frascos.frasco, saldo_mg: frascos.saldo_mg, soma_mg: sum })
      .from(frascos)
      .where(sql`${frascos.org_id} = ${p('org')} and ${frascos.saldo_mg} <> ${sum}`)
      .prepare(),
  };

  function* frascoOrThrow(org: string, device: string, frasco: number) {
    const found = yield* get(q.frasco, { org, device, frasco });
    if (!found) throw new AppError('not_found', `There is no frasco ${frasco} on a device "${device}"`);
    return found;
  }

  function* compensation(org: string, id: number): Tx<Omit<NovoMovimento, 'em' | 'nota' | 'por'>> {
    const found = yield* get(q.byId, { org, id });
    if (!found) throw new AppError('not_found', `There is no movement ${id}`);
    const { mov, undoneBy } = found;
    if (undoneBy !== null)
      throw new AppError('conflict', `Movement ${id} was undone already, by ${undoneBy}`);
    if (mov.tipo === 'saida' || mov.tipo === 'estorno') {
      const why =
        mov.tipo === 'saida'
          ? 'it was really poured; weigh the frasco and correct it'
          : 'it is an undoing itself';
      throw new AppError('conflict', `Movement ${id} cannot be undone: ${why}`);
    }
    const { device, frasco, tempero } = mov;
    return {
      org_id: org,
      device,
      frasco,
      tempero,
      tipo: 'estorno',
      quantidade_mg: -mov.quantidade_mg,
      estorna: id,
    };
  }

  function* movementOf(org: string, input: MovimentoIn): Tx<Omit<NovoMovimento, 'em' | 'nota' | 'por'>> {
    if (input.tipo === 'estorno') return yield* compensation(org, input.movimento_id);
    const { device, frasco, tipo } = input;
    const found = yield* frascoOrThrow(org, device, frasco);
    const mg =
      input.tipo === 'entrada' ? mgFromG(input.quantidade_g) : mgFromG(input.saldo_g) - found.frasco.saldo_mg;
    return { org_id: org, device, frasco, tempero: found.tempero, tipo, quantidade_mg: mg };
  }

  return {
    moveEstoque: (org, input, act) =>
      db.write(function* () {
        const what = yield* movementOf(org, input);
        const { movimento, antes, depois } = yield* ledger.move({
          ...what,
          em: act.em,
          por: act.quem,
          nota: input.nota,
        });
        if (input.tipo === 'ajuste') yield* run(q.weighed, { ...input, org, recontar: false });
        const row = movimentoOf(movimento, null);
        yield* audit(
          org,
          actRow(act, `estoque.${input.tipo}`, `device:${row.device}/${row.frasco}`, { depois: row }),
        );
        return { movimento: row, antes, depois };
      }),
    listMovimentos: async (org, { device, frasco, limit, before }) => {
      const values = {
        ...{ org, limit, device: device ?? null, frasco: frasco ?? null },
        before: before ?? Number.MAX_SAFE_INTEGER,
      };
      return (await db.read(() => all(q.list, values))).map((row) => movimentoOf(row.mov, row.undoneBy));
    },
    deviceOfMovement: async (org, id) => (await db.read(() => get(q.deviceOf, { org, id })))?.device,
    wrongSaldos: (org) => db.read(() => all(q.wrong, { org })),
  };
}

const movimentoOf = (row: Row, undoneBy: number | null): Movimento => ({
  id: row.id,
  device: row.device,
  frasco: row.frasco,
  tempero: row.tempero,
  tipo: row.tipo,
  quantidade_g: gFromMg(row.quantidade_mg),
  saldo_g: gFromMg(row.saldo_mg),
  job_id: row.job_id,
  item_ordem: row.item_ordem,
  estorna: row.estorna,
  estornado: undoneBy !== null,
  por: row.por,
  nota: row.nota,
  em: row.em,
});
