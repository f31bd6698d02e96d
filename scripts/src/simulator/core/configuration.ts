import type { ConfigDesired } from '@yaguts/shared';
import type { Board } from './board.ts';

/** Applies `config/desired` when idle and reports what is really applied. */
export interface Configuration {
  desired(config: ConfigDesired): void;
  tick(idle: boolean): void;
  telemetryMs(): number;
}

export function createConfiguration(board: Board): Configuration {
  const { state, identity } = board;
  let wanted: ConfigDesired | undefined;

  function faultsOf(config: ConfigDesired): string[] {
    const seen = new Set<number>();
    return config.frascos.flatMap(({ frasco, min_ms, max_ms }) => {
      const faults: string[] = [];
      if (frasco > identity.frascos) faults.push(`frasco ${frasco}: a placa tem ${identity.frascos}`);
      if (seen.has(frasco)) faults.push(`frasco ${frasco}: repetido`);
      if (min_ms > max_ms) faults.push(`frasco ${frasco}: min_ms acima de max_ms`);
      seen.add(frasco);
      return faults;
    });
  }

  function apply(config: ConfigDesired): void {
    const errors = faultsOf(config);
    const changed = config.versao !== state.config?.versao;
    if (errors.length === 0 && changed && !board.put({ k: 'config', config })) {
      errors.push('a flash não grava');
    }
    const versao = state.config?.versao ?? 0;
    board.publish(
      'configReported',
      {},
      errors.length > 0 ? { versao, errors: errors.slice(0, 32) } : { versao },
    );
    if (errors.length > 0)
      board.say('CONFIG', `versão ${config.versao} recusada: ${errors.join('; ')}`, 'warn');
    else if (changed) board.say('CONFIG', `versão ${config.versao} aplicada`);
  }

  return {
    desired(config) {
      wanted = config;
    },
    tick(idle) {
      if (!wanted || !idle || !board.connected) return;
      const config = wanted;
      wanted = undefined;
      apply(config);
    },
    telemetryMs: () => (state.config?.telemetry_s ?? 10) * 1_000,
  };
}
