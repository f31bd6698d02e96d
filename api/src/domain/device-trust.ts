import type { DeviceState } from '@yaguts/shared';

export type DeviceAlert = DeviceState['alertas'][number];

/** What is remembered of a device's connections. */
export interface Seen {
  readonly boot_id: string | null;
  readonly boot_anterior: string | null;
  readonly journal_id: string | null;
  readonly journal_anterior: string | null;
}

/**
 * Two boards with one credential show themselves by bringing back what is gone: a boot id is made anew at each
 * boot and a journal id at each lost journal, so neither can return on one board.
 */
export function isTwin(
  seen: Seen,
  now: { boot_id?: string | undefined; journal_id?: string | undefined },
): boolean {
  const returned = (id: string | undefined, last: string | null, before: string | null) =>
    id !== undefined && id !== last && id === before;
  return (
    returned(now.boot_id, seen.boot_id, seen.boot_anterior) ||
    returned(now.journal_id, seen.journal_id, seen.journal_anterior)
  );
}

/** The alerts with one more; the same code keeps its first time and takes the new words. */
export function withAlert(alertas: readonly DeviceAlert[], alert: DeviceAlert): DeviceAlert[] {
  const before = alertas.find((one) => one.code === alert.code);
  const rest = alertas.filter((one) => one.code !== alert.code);
  return [...rest, { ...alert, desde: before?.desde ?? alert.desde }];
}
