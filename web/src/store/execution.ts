import { type Signal, signal } from '@preact/signals';
import type { ItemRepetition } from '@yaguts/shared';

/** The job whose dialog is open, on whatever page; null: none. */
export const shownJob = signal<number | null>(null);

const begun = new Set<number>();

/** Opens the dialog of a job that was just made from here: it was seen unfinished, however soon it ends. */
export function showBegun(job: number): void {
  begun.add(job);
  shownJob.value = job;
}

/** Whether this page made the job. */
export const isBegunHere = (job: number): boolean => begun.has(job);

const repetitions = new Map<number, Signal<readonly ItemRepetition[] | undefined>>();

/** What may be repeated of a job and what was, as it was last read; undefined before. */
export function repetitionsOf(job: number): Signal<readonly ItemRepetition[] | undefined> {
  let made = repetitions.get(job);
  if (!made) repetitions.set(job, (made = signal<readonly ItemRepetition[] | undefined>(undefined)));
  return made;
}
