import { type Command, type CommandOp, limits, type PayloadOf } from '@yaguts/shared';
import type { Board } from './board.ts';
import type { CloseReason, JobRunner } from './job-runner.ts';
import type { CommandOutcome, Manual } from './manual.ts';
import type { Offers } from './offers.ts';

/**
 * Commands and cancels. The last 8 ids are answered again, not run again; one whose clock-known expiry has
 * passed is refused. `stop`, `pause` and `resume` are taken at any time, the others when idle.
 */
export interface Commands {
  command(op: CommandOp, command: Command): void;
  cancel(jobId: number, cancel: PayloadOf<'jobCancel'>): void;
  /** True once `reboot` was accepted: nothing more is taken. */
  rebooting(): boolean;
}

export interface CommandedParts {
  readonly runner: JobRunner;
  readonly manual: Manual;
  readonly offers: Offers;
}

export function createCommands(board: Board, { runner, manual, offers }: CommandedParts): Commands {
  /** How to answer each recent id again; null while it still runs. */
  const recent = new Map<string, (() => void) | null>();
  let rebootAsked = false;

  function remember(id: string, answer: (() => void) | null): void {
    recent.set(id, answer);
    for (const oldest of recent.keys()) {
      if (recent.size <= limits.recentCommands) break;
      recent.delete(oldest);
    }
    answer?.();
  }

  /** True when the id is known: its answer, if there is one, goes out again. */
  function answeredBefore(id: string): boolean {
    if (!recent.has(id)) return false;
    recent.get(id)?.();
    return true;
  }

  const expired = (expiresAt: number): boolean => {
    const now = board.epochMs();
    return now !== null && now > expiresAt;
  };
  const idle = (): boolean => !board.state.active && !offers.holding() && !manual.busy();

  function answerCommand(op: CommandOp, id: string, outcome: CommandOutcome): void {
    remember(id, () => {
      if (outcome.ok) {
        board.publish(
          'commandAccepted',
          { op },
          outcome.ran_ms === undefined ? { id } : { id, ran_ms: outcome.ran_ms },
        );
      } else {
        board.publish('commandRejected', { op }, { id, code: outcome.code, message: outcome.message });
      }
    });
    board.say('CMD', outcome.ok ? `${op} aceito` : `${op} recusado (${outcome.code})`);
  }

  /** An offer asked for and not begun is taken and closed at once: its entries tell the api, whatever it knew. */
  function closeHeld(jobId: number | undefined, why: CloseReason): boolean {
    if (!offers.take(jobId)) return false;
    runner.close(why);
    return true;
  }

  function stop(): void {
    const why = { whilePouring: 'abortado', rest: 'cancelado', text: 'parado por comando' } as const;
    manual.stop();
    runner.close(why);
    closeHeld(undefined, why);
  }

  function run(op: CommandOp, command: Command): CommandOutcome | undefined {
    switch (op) {
      case 'stop':
        stop();
        return { ok: true };
      case 'pause':
      case 'resume':
        if (!runner.hasOpenItems())
          return { ok: false, code: 'terminado', message: 'não há job em andamento' };
        if (op === 'pause') runner.pause();
        else runner.resume();
        return { ok: true };
    }
    if (!idle()) return { ok: false, code: 'ocupado', message: 'dispensador ocupado' };
    switch (op) {
      case 'identify':
        board.say('CMD', 'piscando');
        return { ok: true };
      case 'reboot':
        rebootAsked = true;
        return { ok: true };
      case 'prime':
      case 'clean':
      case 'calibrate':
        return manual.start(op, command, (outcome) => answerCommand(op, command.id, outcome));
    }
  }

  /** What a cancel came to: the item at which it stopped (null: none had begun), or a refusal. */
  function cancelNow(jobId: number, expiresAt: number): number | null | { code: string; message: string } {
    if (expired(expiresAt)) return { code: 'expirado', message: 'chegou tarde' };
    const why = { whilePouring: 'cancelado', rest: 'cancelado', text: 'cancelado a pedido' } as const;
    if (closeHeld(jobId, why)) return null;
    if (board.state.active?.job.job_id !== jobId) {
      return { code: 'terminado', message: 'este job não está aqui' };
    }
    const at = runner.close(why);
    return at === undefined ? { code: 'terminado', message: 'todos os itens já terminaram' } : at;
  }

  const answerCancel = (job_id: number, id: string, outcome: ReturnType<typeof cancelNow>) => (): void => {
    if (outcome === null || typeof outcome === 'number') {
      board.publish('cancelAccepted', { job_id }, { id, item_ordem: outcome });
    } else {
      board.publish('cancelRejected', { job_id }, { id, ...outcome });
    }
  };

  return {
    command(op, command) {
      if (answeredBefore(command.id)) return;
      if (expired(command.expires_at)) {
        // Outputs go off even on a stale stop: it costs nothing and may be meant.
        if (op === 'stop') stop();
        answerCommand(op, command.id, { ok: false, code: 'expirado', message: 'chegou tarde' });
        return;
      }
      remember(command.id, null);
      const outcome = run(op, command);
      if (outcome) answerCommand(op, command.id, outcome);
    },
    cancel(jobId, { id, expires_at }) {
      if (answeredBefore(id)) return;
      remember(id, answerCancel(jobId, id, cancelNow(jobId, expires_at)));
    },
    rebooting: () => rebootAsked,
  };
}
