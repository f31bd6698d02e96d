import { AppError, type Retention, retentionDays } from '@yaguts/shared';
import type { Org } from '../store/identity.ts';
import type { Aging } from '../store/retention.ts';
import type { FlowDeps } from './deps.ts';

const dayMs = 24 * 60 * 60 * 1_000;
/** Steps of one kind in one call, so that years of history go over hours and not in one long row of commits. */
const maxSteps = 20;
const aging: readonly Aging[] = ['execucoes', 'comandos', 'rejeitadas', 'avisos'];

type Kept = Pick<
  Org,
  | 'retencao_dias'
  | 'retencao_avisos_dias'
  | 'retencao_comandos_dias'
  | 'retencao_rejeitadas_dias'
  | 'retencao_auditoria_dias'
>;

/** For how many days an org keeps what. */
export const retentionOf = (org: Kept): Retention => ({
  execucoes: org.retencao_dias,
  avisos: org.retencao_avisos_dias,
  comandos: org.retencao_comandos_dias,
  rejeitadas: org.retencao_rejeitadas_dias,
  auditoria: org.retencao_auditoria_dias,
});

/** The same as columns of the org. */
export const retentionColumns = (kept: Retention): Kept => ({
  retencao_dias: kept.execucoes,
  retencao_avisos_dias: kept.avisos,
  retencao_comandos_dias: kept.comandos,
  retencao_rejeitadas_dias: kept.rejeitadas,
  retencao_auditoria_dias: kept.auditoria,
});

/** What an org keeps that nobody has set anything for. */
export const standardRetention: Retention = {
  execucoes: retentionDays.execucoes.standard,
  avisos: retentionDays.avisos.standard,
  comandos: retentionDays.comandos.standard,
  rejeitadas: retentionDays.rejeitadas.standard,
  auditoria: retentionDays.auditoria.standard,
};

/**
 * For how many days the own org keeps what.
 *
 * @throws AppError "not_found"
 */
export async function readRetention({ store }: Pick<FlowDeps, 'store'>, org: string): Promise<Retention> {
  const found = await store.findOrg(org);
  if (!found) throw new AppError('not_found');
  return retentionOf(found);
}

/**
 * Forgets in every org what is older than it keeps, each kind by its own number of days. The ledger is kept. To be
 * called every hour or so.
 */
export async function applyRetention(deps: FlowDeps): Promise<void> {
  for (const { org, ...kept } of await deps.store.everyOrg()) {
    const retention = retentionOf(kept);
    const gone: Record<string, number> = {};
    for (const kind of aging) {
      const rows = await forgetKind(deps, org, kind, deps.now() - retention[kind] * dayMs);
      if (rows > 0) gone[kind] = rows;
    }
    const acts = retention.auditoria === null ? 0 : await forgetActs(deps, org, retention.auditoria);
    if (acts > 0) gone.auditoria = acts;
    if (Object.keys(gone).length > 0) deps.log('history_forgotten', { org, ...gone });
  }
}

async function forgetKind(deps: FlowDeps, org: string, kind: Aging, before: number): Promise<number> {
  let gone = 0;
  for (let step = 0; step < maxSteps; step++) {
    const { rows, more } = await deps.store.forgetOld(org, kind, before);
    gone += rows;
    if (!more) break;
  }
  return gone;
}

/** Acts go a day's worth at a time: each time costs an act of its own. */
const forgetActs = (deps: FlowDeps, org: string, days: number): Promise<number> => {
  const now = deps.now();
  const before = now - days * dayMs;
  return deps.store.forgetActs(org, { before, unless: before - dayMs, now });
};
