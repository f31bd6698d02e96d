import { signal } from '@preact/signals';

/** The job whose dialog is open, on whatever page; null: none. */
export const shownJob = signal<number | null>(null);
