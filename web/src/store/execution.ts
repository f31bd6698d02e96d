import { type Signal, signal } from '@preact/signals';
import type { ItemRepetition } from '@yaguts/shared';

/** The job whose dialog is open, on whatever page; null: none. */
export const shownJob = signal<number | null>(null);

const repetitions = new Map<number, Signal<readonly ItemRepetition[] | undefined>>();

/** What may be repeated of a job and what was, as it was last read; undefined before. */
export function repetitionsOf(job: number): Signal<readonly ItemRepetition[] | undefined> {
  let made = repetitions.get(job);
  if (!made) repetitions.set(job, (made = signal<readonly ItemRepetition[] | undefined>(undefined)));
  return made;
}
