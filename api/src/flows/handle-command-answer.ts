import type { FlowDeps } from './deps.ts';
import { publishJob } from './project.ts';

/** `cmd/{op}/accepted` or `…/rejected`, as it was said. */
export interface CommandAnswer {
  readonly accepted: boolean;
  readonly id: string;
  /** What a motor command really ran. */
  readonly ran_ms?: number | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/**
 * Takes a device's answer to a command. `pause` and `resume` change the running job only when its device
 * says that it has done so. An answer to nothing we asked is logged and forgotten.
 */
export async function handleCommandAnswer(
  deps: FlowDeps,
  { org, device }: { readonly org: string; readonly device: string },
  op: string,
  { id, accepted, ran_ms, code, message }: CommandAnswer,
): Promise<void> {
  const em = deps.now();
  const estado = accepted ? 'aceito' : 'recusado';
  const known = await deps.store.answerCommand(org, device, op, {
    id,
    em,
    estado,
    ranMs: ran_ms,
    code,
    message,
  });
  if (!known) {
    deps.log('command_answer_ignored', { org, device, op, id });
    return;
  }
  deps.log('command_answered', { org, device, op, id, estado });
  const jobId = known.params.job_id;
  if (!accepted || typeof jobId !== 'number' || (op !== 'pause' && op !== 'resume')) return;
  const job = await deps.store.setPaused(org, jobId, op === 'pause', em);
  if (job) await publishJob(deps, org, [jobId]);
}
