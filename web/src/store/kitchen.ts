import { signal } from '@preact/signals';
import type { Badge, DeviceState, EstoqueState, JobState, Progress, ServerState } from '@yaguts/shared';
import { createCollection, steadyList } from './collection.ts';

/** The live picture of one org: what exists, a signal per thing. */

export const devices = createCollection<DeviceState>({
  id: (device) => device.device,
  versao: (device) => device.versao,
  sort: (a, b) => a.nome.localeCompare(b.nome) || a.device.localeCompare(b.device),
});

export const jobs = createCollection<JobState>({
  id: (job) => String(job.job_id),
  versao: (job) => job.versao,
  sort: (a, b) => b.job_id - a.job_id,
});

export const frascoId = (device: string, frasco: number): string => `${device}/${frasco}`;
export const estoque = createCollection<EstoqueState>({
  id: (row) => frascoId(row.device, row.frasco),
  versao: (row) => row.versao,
  sort: (a, b) => a.device.localeCompare(b.device) || a.frasco - b.frasco,
});
/** Names of the frascos that hold a tempero; a change of grams leaves the list as it is. */
export const filledFrascos = steadyList(() =>
  estoque.all.value.flatMap((row) => (row.tempero === null ? [] : [frascoId(row.device, row.frasco)])),
);
/** Those of one device. */
export const filledOn = (device: string): readonly string[] =>
  filledFrascos.value.filter((id) => id.startsWith(`${device}/`));

/** The frasco that runs on a device, as the device says it; the estimate in a jar and the bar feed on it. */
export interface Running extends Progress {
  readonly job_id: number;
  readonly seenAt: number;
}
const running = new Map<string, ReturnType<typeof signal<Running | undefined>>>();
export function runningOn(device: string): ReturnType<typeof signal<Running | undefined>> {
  let made = running.get(device);
  if (!made) running.set(device, (made = signal<Running | undefined>(undefined)));
  return made;
}

/** Entries heard from the device itself but not yet committed: the first tick. `job/item` of this `seq`. */
export interface Poured {
  readonly status: 'done' | 'failed';
  readonly segundos: number;
  readonly error: string | null;
  readonly seq: number;
}
export const poured = signal<ReadonlyMap<string, Poured>>(new Map());
export const itemId = (job: number, item: number): string => `${job}/${item}`;

export const badge = signal<Badge>({ permission_pending: 0, unread: 0 });
export const server = signal<ServerState | undefined>(undefined);

export const activeStatuses: readonly string[] = ['queued', 'running'];
export const isActive = (job: Pick<JobState, 'status'>): boolean => activeStatuses.includes(job.status);
