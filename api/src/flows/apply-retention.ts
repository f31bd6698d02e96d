import { retentionStep } from '../store/retention.ts';
import type { FlowDeps } from './deps.ts';

const dayMs = 24 * 60 * 60 * 1_000;
/** Steps of one org in one call, so that years of history go over hours and not in one long commit. */
const maxSteps = 20;

/**
 * Forgets in every org what is older than its `retencao_dias`: executions, commands, rejected messages. The
 * ledger and the audit are kept. To be called every hour or so.
 */
export async function applyRetention(deps: FlowDeps): Promise<void> {
  for (const { org, retencao_dias } of await deps.store.everyOrg()) {
    const before = deps.now() - retencao_dias * dayMs;
    const gone = { execucoes: 0, comandos: 0, rejeitadas: 0 };
    for (let step = 0; step < maxSteps; step++) {
      const swept = await deps.store.sweepOrg(org, before);
      gone.execucoes += swept.execucoes;
      gone.comandos += swept.comandos;
      gone.rejeitadas += swept.rejeitadas;
      if (swept.execucoes < retentionStep) break;
    }
    if (gone.execucoes + gone.comandos + gone.rejeitadas > 0) deps.log('history_forgotten', { org, ...gone });
  }
}
