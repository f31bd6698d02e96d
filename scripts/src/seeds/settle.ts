import type { BoardLife } from './board-life.ts';
import type { Cook } from './person.ts';
import { clientOf, type PlatformLife } from './platform-life.ts';
import type { Scheduler } from './scheduler.ts';

interface Story {
  readonly scheduler: Scheduler;
  readonly platform: PlatformLife;
  readonly boards: readonly BoardLife[];
  readonly cooks: readonly Cook[];
  readonly limitMs: number;
}

interface OpenJob {
  readonly org_id: string;
  readonly job_id: number;
  readonly device: string;
  readonly status: string;
  readonly fase: string;
}

/** I7: an outcome in flash is acked so long after its board has connected, at the latest. */
const drainMs = 30_000;
const lookMs = 1_000;

/**
 * After the faults: cooks do what only a person can (an empty bowl, a yes, a resume) until no job is open and no
 * board holds anything. Answers what did not drain.
 */
export async function settle(story: Story): Promise<string[]> {
  const { scheduler, platform, boards, cooks, limitMs } = story;
  const faults: string[] = [];
  const healedAt = scheduler.now;
  const waiting = new Map<string, number>();
  let isSettled = false;

  function openJobs(): OpenJob[] {
    const { store } = platform;
    if (!store) return [];
    const client = clientOf(store) as unknown as { prepare(sql: string): { all(): unknown[] } };
    return client
      .prepare(
        "select org_id, job_id, device, status, fase from jobs where status in ('queued', 'running') order by job_id",
      )
      .all() as OpenJob[];
  }

  /** Notes outcomes that stay unacked on a board that is connected. */
  function watchOutboxes(): void {
    for (const board of boards) {
      const { active } = board.state ?? {};
      const since = board.connectedAt;
      for (const item of active?.finals.keys() ?? []) {
        const key = `${board.plan.name} ${active?.job.job_id}/${item}`;
        if (active?.acked.has(item) || since === undefined) {
          waiting.delete(key);
          continue;
        }
        const from = Math.max(waiting.get(key) ?? scheduler.now, since, healedAt);
        waiting.set(key, from);
        if (scheduler.now - from <= drainMs) continue;
        faults.push(`I7 ${key} was not acked within ${drainMs / 1_000} s`);
        waiting.set(key, Number.POSITIVE_INFINITY);
      }
    }
  }

  async function nurse(cook: Cook, org: string): Promise<void> {
    for (;;) {
      await scheduler.sleep(lookMs);
      watchOutboxes();
      const open = openJobs();
      const isQuiet = boards.every(
        ({ state, connectedAt }) => state && !state.active && connectedAt !== undefined,
      );
      if (platform.platform && open.length === 0 && isQuiet) {
        isSettled = true;
        return;
      }
      for (const job of open) if (job.org_id === org) await help(cook, job);
    }
  }

  async function help(cook: Cook, { job_id, device, fase }: OpenJob): Promise<void> {
    const at = `/api/devices/${device}`;
    if (fase === 'aguardando_aprovacao') await cook.ask('POST', `/api/jobs/${job_id}/approve`, {});
    if (fase === 'pausado') await cook.ask('POST', `/api/jobs/${job_id}/resume`, {});
    if (fase !== 'na_fila') return;
    await cook.ask('POST', `${at}/queue/pause`, { pausada: false });
    await cook.ask('POST', `${at}/queue/next`, {});
  }

  for (const cook of cooks) {
    const org = cook.party.name.slice('cook-'.length);
    scheduler.timer(() => void nurse(cook, org), 1, false, cook.party);
  }
  const endMs = scheduler.now + limitMs;
  await scheduler.run(() => isSettled, endMs);
  if (!isSettled && !scheduler.failure) {
    const jobs = openJobs().map(
      ({ org_id, job_id, status, fase }) => `job ${org_id}/${job_id} ${status} ${fase}`,
    );
    const held = boards
      .filter(({ state }) => state?.active)
      .map(({ plan, state }) => `${plan.name} holds job ${state?.active?.job.job_id}`);
    faults.push(
      `I7 not settled ${limitMs / 1_000} s after the faults: ${[...jobs, ...held].join(', ') || 'a link'}`,
    );
  }
  return faults;
}
