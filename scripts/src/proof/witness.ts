import { Sqlite } from '@yaguts/api';
import type { AckSeen, ReportSeen } from './wire-tap.ts';

/** Reads the database while the platform writes it, from another process: it sees what is committed, no more. */
export interface Witness {
  /** What this ack says is committed and is not; empty when it tells the truth. */
  falseIn(ack: AckSeen): string[];
  /** The same for a PUBACK. */
  falsePuback(report: ReportSeen): string[];
  /** Jobs of a device that have not ended, or whose device has not been told that it may forget them. */
  openJobs(device?: string): string[];
  close(): void;
}

/** @param path the database's file */
export function openWitness(path: string): Witness {
  const file = new Sqlite(path, { readonly: true, timeout: 5_000 });
  const entry = file.prepare(
    `select 1 from execution_logs where job_id = @jobId and item_ordem = @item
     union all select 1 from rejected_messages where device = @device and topic like @topic limit 1`,
  );
  const account = file.prepare(
    `select 1 from jobs where job_id = @jobId and complete_em is not null
     union all select 1 from rejected_messages where device = @device and topic like @topic limit 1`,
  );
  const open = file.prepare(
    `select job_id, device, status from jobs
      where job_id >= @floor and (device = @device or @device is null)
        and (status in ('queued', 'running') or (iniciado_em is not null and complete_em is null))`,
  );
  const newest = file.prepare('select coalesce(max(job_id), 0) from jobs').pluck();
  /** Per device the number below which every job has ended: a soak of hours must not read them all each time. */
  const floors = new Map<string, number>();
  const hasEntry = (device: string, jobId: number, item: number): boolean =>
    entry.get({ device, jobId, item, topic: `%/jobs/${jobId}/log/${item}` }) !== undefined;
  const hasAccount = (device: string, jobId: number): boolean =>
    account.get({ device, jobId, topic: `%/jobs/${jobId}/complete` }) !== undefined;

  return {
    falseIn({ device, jobId, itens, complete }) {
      const wrong = itens
        .filter((item) => !hasEntry(device, jobId, item))
        .map((item) => `job ${jobId} item ${item}`);
      return complete && !hasAccount(device, jobId) ? [...wrong, `job ${jobId} complete`] : wrong;
    },
    falsePuback({ device, jobId, item }) {
      // The account of a job with an item missing is not taken, and its PUBACK says nothing about that.
      if (item === undefined || hasEntry(device, jobId, item)) return [];
      return [`job ${jobId} item ${item} (PUBACK)`];
    },
    openJobs(device) {
      const floor = floors.get(device ?? '') ?? 0;
      const next = (newest.get() as number) + 1;
      const rows = open.all({ device: device ?? null, floor }) as {
        job_id: number;
        device: string;
        status: string;
      }[];
      floors.set(device ?? '', Math.min(next, ...rows.map(({ job_id }) => job_id)));
      return rows.map(({ job_id, device: of, status }) => `job ${job_id} of ${of}: ${status}`);
    },
    close: () => void file.close(),
  };
}
