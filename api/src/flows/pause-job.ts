import { AppError, type CommandRow } from '@yaguts/shared';
import type { Actor } from './actor.ts';
import type { FlowDeps } from './deps.ts';
import { jobStateOrThrow, requireJob } from './job-of.ts';
import { sendCommand } from './send-command.ts';

interface OfJob {
  readonly org: string;
  readonly by: Actor;
  readonly jobId: number;
}

/**
 * Asks the device of a running job to pause between frascos. The job is `pausado` when the device says so.
 *
 * @throws AppError "conflict" when it does not pour now, or what {@link sendCommand} throws
 */
export const pauseJob = (deps: FlowDeps, of: OfJob): Promise<CommandRow> => ask(deps, of, 'pause');

/** Asks it to go on. @throws AppError as {@link pauseJob} */
export const resumeJob = (deps: FlowDeps, of: OfJob): Promise<CommandRow> => ask(deps, of, 'resume');

async function ask(deps: FlowDeps, { org, by, jobId }: OfJob, op: 'pause' | 'resume'): Promise<CommandRow> {
  await requireJob(deps, { org, by, jobId });
  const job = await jobStateOrThrow(deps, org, jobId);
  if (job.fase === 'terminado') throw new AppError('terminal', `Job ${jobId} has ended: ${job.status}`);
  if (job.fase !== (op === 'pause' ? 'dispensando' : 'pausado')) {
    throw new AppError('conflict', `Job ${jobId} is ${job.fase}`);
  }
  return sendCommand(deps, { org, by, device: job.device, body: { op } });
}
