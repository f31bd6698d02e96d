import { AppError, gFromMg, mgFromG, type Tempero, type TemperoIn } from '@yaguts/shared';
import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Act } from './audit.ts';
import type { StoreParts } from './parts.ts';
import { devices, frascos, receitaItens, receitas, temperos } from './schema/index.ts';
import { all, columns, get, p, run, sqlPlusOne, type Tx, wholeRow } from './transaction.ts';

type Row = typeof temperos.$inferSelect;

export interface TemperosStore {
  /** By name. */
  listTemperos(org: string): Promise<Tempero[]>;
  /**
   * Makes a tempero, or changes the one of that id. A new name reaches the devices whose frascos hold it.
   *
   * @returns the tempero, and the devices whose config has a new version
   * @throws AppError "already_exists" when another tempero has the name, "not_found" for an unknown id
   */
  saveTempero(
    org: string,
    id: number | null,
    input: TemperoIn,
    act: Act,
  ): Promise<{ tempero: Tempero; devices: string[] }>;
  /** @throws AppError "conflict" while a receita or a frasco uses it, with their names */
  removeTempero(org: string, id: number, act: Act): Promise<void>;
}

export function createTemperos({ db, audit }: StoreParts): TemperosStore {
  const { orm } = db;
  const one = and(eq(temperos.org_id, p('org')), eq(temperos.id, p('id')), isNull(temperos.removido_em));
  const { id: _, ...withoutId } = wholeRow(temperos);
  const q = {
    list: orm
      .select()
      .from(temperos)
      .where(and(eq(temperos.org_id, p('org')), isNull(temperos.removido_em)))
      .orderBy(asc(temperos.nome))
      .prepare(),
    byId: orm.select().from(temperos).where(one).prepare(),
    byNome: orm
      .select()
      .from(temperos)
      .where(and(eq(temperos.org_id, p('org')), eq(temperos.nome, p('nome')), isNull(temperos.removido_em)))
      .prepare(),
    insert: orm
      .insert(temperos)
      .values(withoutId as typeof temperos.$inferInsert)
      .returning()
      .prepare(),
    update: orm
      .update(temperos)
      .set(columns(temperos, 'nome', 'densidade_mg_ml', 'alergenos', 'cor', 'removido_em'))
      .where(and(eq(temperos.org_id, p('org')), eq(temperos.id, p('id'))))
      .prepare(),
    receitas: orm
      .selectDistinct({ nome: receitas.nome })
      .from(receitaItens)
      .innerJoin(
        receitas,
        and(eq(receitas.org_id, receitaItens.org_id), eq(receitas.id, receitaItens.receita_id)),
      )
      .where(
        and(
          eq(receitaItens.org_id, p('org')),
          eq(receitaItens.tempero_id, p('id')),
          isNull(receitas.removida_em),
        ),
      )
      .prepare(),
    frascos: orm
      .select({ device: frascos.device, frasco: frascos.frasco, versao: devices.config_versao })
      .from(frascos)
      .innerJoin(devices, and(eq(devices.org_id, frascos.org_id), eq(devices.device, frascos.device)))
      .where(and(eq(frascos.org_id, p('org')), eq(frascos.tempero_id, p('id')), isNull(devices.removido_em)))
      .prepare(),
    bumpConfig: orm
      .update(devices)
      .set({ ...columns(devices, 'config_versao'), versao: sqlPlusOne(devices.versao) })
      .where(and(eq(devices.org_id, p('org')), eq(devices.device, p('device'))))
      .prepare(),
  };

  function* renamed(org: string, id: number): Tx<string[]> {
    const versions = new Map((yield* all(q.frascos, { org, id })).map((row) => [row.device, row.versao]));
    for (const [device, versao] of versions)
      yield* run(q.bumpConfig, { org, device, config_versao: versao + 1 });
    return [...versions.keys()];
  }

  function* insert(org: string, values: ReturnType<typeof rowOf>): Tx<Row> {
    const [row] = yield* all(q.insert, { org_id: org, removido_em: null, ...values });
    return row as Row;
  }

  return {
    listTemperos: async (org) => (await db.read(() => all(q.list, { org }))).map(temperoOf),
    saveTempero: (org, id, input, act) =>
      db.write(function* () {
        const before = id === null ? undefined : yield* get(q.byId, { org, id });
        if (id !== null && !before) throw new AppError('not_found', `There is no tempero ${id}`);
        const namesake = yield* get(q.byNome, { org, nome: input.nome });
        if (namesake && namesake.id !== id) {
          throw new AppError('already_exists', `There is a tempero "${input.nome}" already`);
        }
        const values = rowOf(input);
        const row = before ? { ...before, ...values } : yield* insert(org, values);
        if (before) yield* run(q.update, { ...row, org });
        const changed = before && before.nome !== row.nome ? yield* renamed(org, row.id) : [];
        yield* audit(org, {
          ...act,
          acao: before ? 'tempero.change' : 'tempero.create',
          alvo: `tempero:${row.id}`,
          antes: before && temperoOf(before),
          depois: temperoOf(row),
        });
        return { tempero: temperoOf(row), devices: changed };
      }),
    removeTempero: (org, id, act) =>
      db.write(function* () {
        const row = yield* get(q.byId, { org, id });
        if (!row) throw new AppError('not_found', `There is no tempero ${id}`);
        const users = [
          ...(yield* all(q.receitas, { org, id })).map(({ nome }) => `receita "${nome}"`),
          ...(yield* all(q.frascos, { org, id })).map(
            ({ device, frasco }) => `frasco ${frasco} of ${device}`,
          ),
        ];
        if (users.length > 0)
          throw new AppError('conflict', `${row.nome} is used by ${users.slice(0, 5).join(', ')}`);
        yield* run(q.update, { ...row, org, removido_em: act.em });
        yield* audit(org, { ...act, acao: 'tempero.remove', alvo: `tempero:${id}`, antes: temperoOf(row) });
      }),
  };
}

const rowOf = ({ nome, densidade_g_ml, alergenos, cor }: TemperoIn) => ({
  nome,
  densidade_mg_ml: densidade_g_ml === null ? null : mgFromG(densidade_g_ml),
  alergenos,
  cor,
});

const temperoOf = ({ id, nome, densidade_mg_ml, alergenos, cor }: Row): Tempero => ({
  id,
  nome,
  densidade_g_ml: densidade_mg_ml === null ? null : gFromMg(densidade_mg_ml),
  alergenos: [...alergenos],
  cor,
});
