import * as v from 'valibot';

/** For how many days an org keeps what, by kind; each has bounds and a standard of its own. */
export const retentionDays = {
  /** Ended executions with their entries. */
  execucoes: { min: 30, max: 3_650, standard: 730 },
  /** Events, which are the notices of people. */
  avisos: { min: 1, max: 365, standard: 30 },
  /** Commands to devices with their answers. */
  comandos: { min: 7, max: 3_650, standard: 730 },
  /** Messages of devices that could not be stored. */
  rejeitadas: { min: 7, max: 3_650, standard: 730 },
  /** Acts; a year at least, for that is the time in which people ask. */
  auditoria: { min: 365, max: 3_650, standard: null },
} as const;
export type RetentionKind = keyof typeof retentionDays;
export const retentionKinds = Object.keys(retentionDays) as RetentionKind[];

const days = ({ min, max }: { min: number; max: number }) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/**
 * `GET`, `PUT /api/org/retention`: days by kind. `auditoria` null keeps every act. The ledger of the estoque is
 * kept for ever, so that every saldo can be recomputed; telemetry and serial lines are never stored.
 */
export const Retention = v.object({
  execucoes: days(retentionDays.execucoes),
  avisos: days(retentionDays.avisos),
  comandos: days(retentionDays.comandos),
  rejeitadas: days(retentionDays.rejeitadas),
  auditoria: v.nullable(days(retentionDays.auditoria)),
});
export type Retention = v.InferOutput<typeof Retention>;
