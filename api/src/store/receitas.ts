import { AppError, type Fault, gFromMg, mgFromG, type Receita, type ReceitaIn } from '@yaguts/shared';
import { and, asc, eq, isNull } from 'drizzle-orm';
import { planJob } from '../domain/plan-job.ts';
import type { Act } from './audit.ts';
import type { StoreParts } from './parts.ts';
import { type PlanFacts, planReader, planRequest } from './plan-facts.ts';
import { receitaItens, receitas, temperos } from './schema/index.ts';
import { all, columns, get, p, run, type Tx, wholeRow } from './transaction.ts';

type Row = typeof receitas.$inferSelect;

export interface ReceitasStore {
  /** By name; `pode_agora` names the devices that could pour it as it stands, now. */
  listReceitas(org: string, now: number): Promise<Receita[]>;
  findReceita(org: string, id: number, now: number): Promise<Receita | undefined>;
  /**
   * Makes a receita, or writes a new version of the one of that id. Jobs made before keep what was frozen
   * into them.
   *
   * @param versao the version the caller has read; undefined writes over whatever is there
   * @throws AppError "stale" when somebody has changed it since, "already_exists" when another has the name,
   *         "not_found" for an unknown id, "invalid" with the path of each tempero there is not
   */
  saveReceita(org: string, id: number | null, input: ReceitaIn, act: Act, versao?: number): Promise<Receita>;
  removeReceita(org: string, id: number, act: Act): Promise<void>;
}

export function createReceitas({ db, audit }: StoreParts): ReceitasStore {
  const { orm } = db;
  const plan = planReader(orm);
  const { id: _, ...withoutId } = wholeRow(receitas);
  const alive = and(eq(receitas.org_id, p('org')), isNull(receitas.removida_em));
  const q = {
    list: orm.select().from(receitas).where(alive).orderBy(asc(receitas.nome)).prepare(),
    byNome: orm
      .select({ id: receitas.id })
      .from(receitas)
      .where(and(alive, eq(receitas.nome, p('nome'))))
      .prepare(),
    insert: orm
      .insert(receitas)
      .values(withoutId as typeof receitas.$inferInsert)
      .returning()
      .prepare(),
    update: orm
      .update(receitas)
      .set(columns(receitas, 'nome', 'notas', 'tags', 'favorita', 'versao', 'atualizada_em', 'removida_em'))
      .where(and(eq(receitas.org_id, p('org')), eq(receitas.id, p('id'))))
      .prepare(),
    dropItens: orm
      .delete(receitaItens)
      .where(and(eq(receitaItens.org_id, p('org')), eq(receitaItens.receita_id, p('id'))))
      .prepare(),
    insertItem: orm.insert(receitaItens).values(wholeRow(receitaItens)).prepare(),
    tempero: orm
      .select({ id: temperos.id })
      .from(temperos)
      .where(and(eq(temperos.org_id, p('org')), eq(temperos.nome, p('nome')), isNull(temperos.removido_em)))
      .prepare(),
  };

  function* read(org: string, id: number, facts: PlanFacts | undefined): Tx<Receita | undefined> {
    const found = yield* plan.receita(org, id);
    if (!found) return undefined;
    const { receita, itens } = found;
    const pode_agora = [...(facts?.devices.keys() ?? [])].filter(
      (device) =>
        facts && planJob(planRequest(facts, device, { receita: receita.nome, itens, multiplicador: 1 })).pode,
    );
    return {
      id,
      versao: receita.versao,
      nome: receita.nome,
      notas: receita.notas,
      tags: [...receita.tags],
      favorita: receita.favorita,
      itens: itens.map(({ mg, ...item }) => ({
        tempero: item.tempero,
        quantidade_g: gFromMg(mg),
        escala: item.escala,
        critico: item.critico,
      })),
      atualizada_em: receita.atualizada_em,
      pode_agora,
    };
  }

  function* temperoIds(org: string, input: ReceitaIn): Tx<number[]> {
    const faults: Fault[] = [];
    const ids: number[] = [];
    for (const [index, { tempero }] of input.itens.entries()) {
      const found = yield* get(q.tempero, { org, nome: tempero });
      if (found) ids.push(found.id);
      else faults.push({ path: `itens.${index}.tempero`, message: `there is no tempero "${tempero}"` });
    }
    if (faults.length > 0)
      throw new AppError('invalid', 'The receita names temperos there are not', { faults });
    return ids;
  }

  function* write(org: string, before: Receita | undefined, values: Omit<Row, 'id' | 'org_id'>): Tx<number> {
    if (before) {
      yield* run(q.update, { ...values, org, id: before.id });
      yield* run(q.dropItens, { org, id: before.id });
      return before.id;
    }
    const [row] = yield* all(q.insert, { ...values, org_id: org });
    return (row as Row).id;
  }

  return {
    listReceitas: (org, now) =>
      db.read(function* () {
        const facts = yield* plan.facts(org, now);
        const found: Receita[] = [];
        for (const { id } of yield* all(q.list, { org }))
          found.push((yield* read(org, id, facts)) as Receita);
        return found;
      }),
    findReceita: (org, id, now) =>
      db.read(function* () {
        return yield* read(org, id, yield* plan.facts(org, now));
      }),
    saveReceita: (org, id, input, act, versao) =>
      db.write(function* () {
        const before = id === null ? undefined : yield* read(org, id, undefined);
        if (id !== null && !before) throw new AppError('not_found', `There is no receita ${id}`);
        if (before && versao !== undefined && before.versao !== versao) {
          throw new AppError(
            'stale',
            `The receita is at version ${before.versao}, not ${versao}; read it again`,
          );
        }
        const namesake = yield* get(q.byNome, { org, nome: input.nome });
        if (namesake && namesake.id !== id) {
          throw new AppError('already_exists', `There is a receita "${input.nome}" already`);
        }
        const temperoIdList = yield* temperoIds(org, input);
        const saved = yield* write(org, before, {
          nome: input.nome,
          notas: input.notas,
          tags: input.tags,
          favorita: input.favorita,
          versao: (before?.versao ?? 0) + 1,
          atualizada_em: act.em,
          removida_em: null,
        });
        for (const [index, item] of input.itens.entries()) {
          yield* run(q.insertItem, {
            org_id: org,
            receita_id: saved,
            item_ordem: index + 1,
            tempero_id: temperoIdList[index],
            quantidade_mg: mgFromG(item.quantidade_g),
            escala: item.escala,
            critico: item.critico,
          });
        }
        const after = (yield* read(org, saved, yield* plan.facts(org, act.em))) as Receita;
        yield* audit(org, {
          ...act,
          acao: before ? 'receita.change' : 'receita.create',
          alvo: `receita:${saved}`,
          antes: before,
          depois: after,
        });
        return after;
      }),
    removeReceita: (org, id, act) =>
      db.write(function* () {
        const found = yield* plan.receita(org, id);
        if (!found) throw new AppError('not_found', `There is no receita ${id}`);
        yield* run(q.update, { ...found.receita, org, removida_em: act.em });
        yield* audit(org, { ...act, acao: 'receita.remove', alvo: `receita:${id}`, antes: found });
      }),
  };
}
