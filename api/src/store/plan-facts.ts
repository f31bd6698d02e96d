import { and, asc, eq, isNull } from 'drizzle-orm';
import { isoDay } from '../domain/days.ts';
import type { DeviceLimits, PlanFrasco, PlanIngredient, PlanRequest } from '../domain/plan-job.ts';
import type { Orm } from './open.ts';
import { devices, frascos, orgs, receitaItens, receitas, temperos } from './schema/index.ts';
import { all, get, p, type Tx } from './transaction.ts';

export type Org = typeof orgs.$inferSelect;
export type Receita = typeof receitas.$inferSelect;

/** What planning needs to know of an org, read in one snapshot. */
export interface PlanFacts {
  readonly org: Org;
  readonly hoje: string;
  readonly alergenos: ReadonlyMap<string, readonly string[]>;
  /** Every device of the org, by id, in the order of their names. */
  readonly devices: ReadonlyMap<string, { limits: DeviceLimits | null; frascos: readonly PlanFrasco[] }>;
}

export interface PlanReader {
  /** @returns undefined when there is no such org */
  facts(org: string, now: number): Tx<PlanFacts | undefined>;
  /** A receita that has not been removed, with its items as ingredients in their order. */
  receita(org: string, id: number): Tx<{ receita: Receita; itens: PlanIngredient[] } | undefined>;
}

/** The request for one device; what is planned is the caller's. */
export function planRequest(
  facts: PlanFacts,
  device: string,
  what: Pick<PlanRequest, 'receita' | 'itens' | 'multiplicador'>,
): PlanRequest {
  const found = facts.devices.get(device);
  return {
    ...what,
    maxMultiplicador: facts.org.limite_multiplicador_milesimos / 1_000,
    limiteMg: facts.org.limite_mg,
    politica: facts.org.politica_estoque,
    frascos: found?.frascos ?? [],
    device: found?.limits ?? null,
    alergenos: facts.alergenos,
    hoje: facts.hoje,
  };
}

/** Reads for planning, for use inside a transaction: what was planned on is what is reserved. */
export function planReader(orm: Orm): PlanReader {
  const q = {
    org: orm
      .select()
      .from(orgs)
      .where(eq(orgs.org_id, p('org')))
      .prepare(),
    temperos: orm
      .select({ nome: temperos.nome, alergenos: temperos.alergenos })
      .from(temperos)
      .where(and(eq(temperos.org_id, p('org')), isNull(temperos.removido_em)))
      .prepare(),
    devices: orm
      .select({ device: devices.device, birth: devices.birth })
      .from(devices)
      .where(and(eq(devices.org_id, p('org')), isNull(devices.removido_em)))
      .orderBy(asc(devices.nome), asc(devices.device))
      .prepare(),
    frascos: orm
      .select({ frasco: frascos, tempero: temperos.nome })
      .from(frascos)
      .leftJoin(temperos, and(eq(temperos.org_id, frascos.org_id), eq(temperos.id, frascos.tempero_id)))
      .where(eq(frascos.org_id, p('org')))
      .orderBy(asc(frascos.device), asc(frascos.frasco))
      .prepare(),
    receita: orm
      .select()
      .from(receitas)
      .where(and(eq(receitas.org_id, p('org')), eq(receitas.id, p('id')), isNull(receitas.removida_em)))
      .prepare(),
    itens: orm
      .select({ item: receitaItens, tempero: temperos.nome })
      .from(receitaItens)
      .innerJoin(
        temperos,
        and(eq(temperos.org_id, receitaItens.org_id), eq(temperos.id, receitaItens.tempero_id)),
      )
      .where(and(eq(receitaItens.org_id, p('org')), eq(receitaItens.receita_id, p('id'))))
      .orderBy(asc(receitaItens.item_ordem))
      .prepare(),
  };

  return {
    *facts(org, now) {
      const found = yield* get(q.org, { org });
      if (!found) return undefined;
      const alergenos = new Map((yield* all(q.temperos, { org })).map((row) => [row.nome, row.alergenos]));
      const byDevice = new Map<string, PlanFrasco[]>();
      for (const { frasco: row, tempero } of yield* all(q.frascos, { org })) {
        const list = byDevice.get(row.device) ?? [];
        byDevice.set(row.device, list);
        list.push({
          frasco: row.frasco,
          tempero,
          gPorS: row.ug_por_s === null ? null : row.ug_por_s / 1e6,
          minMs: row.min_ms,
          maxMs: row.max_ms,
          saldoMg: row.saldo_mg,
          reservadoMg: row.reservado_mg,
          recontar: row.recontar,
          validade: row.validade,
        });
      }
      const rows = yield* all(q.devices, { org });
      return {
        org: found,
        hoje: isoDay(now, found.fuso),
        alergenos,
        devices: new Map(
          rows.map(({ device, birth }) => [
            device,
            { limits: limitsOf(birth[0]), frascos: byDevice.get(device) ?? [] },
          ]),
        ),
      };
    },
    *receita(org, id) {
      const receita = yield* get(q.receita, { org, id });
      if (!receita) return undefined;
      const rows = yield* all(q.itens, { org, id });
      const itens = rows.map(({ item, tempero }) => ({
        tempero,
        mg: item.quantidade_mg,
        escala: item.escala,
        critico: item.critico,
      }));
      return { receita, itens };
    },
  };
}

function limitsOf(birth: (typeof devices.$inferSelect)['birth'][number] | undefined): DeviceLimits | null {
  if (!birth) return null;
  return {
    frascos: birth.frascos,
    maxItens: birth.limits.max_itens,
    maxJobBytes: birth.limits.max_job_bytes,
    maxStepMs: birth.limits.max_step_ms,
  };
}
