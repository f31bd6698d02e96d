/** One run that was weighed. */
export interface Run {
  readonly command_id: string;
  /** What the motor really ran. */
  readonly ms: number;
  readonly gramas: number;
}

/**
 * The rate that some runs show together, and how far they lie apart: (largest − smallest) ÷ mean.
 *
 * @returns undefined without a run; `spread` null with one
 */
export function summary(runs: readonly Run[]): { g_por_s: number; spread: number | null } | undefined {
  if (runs.length === 0) return undefined;
  const rates = runs.map((run) => (run.gramas / run.ms) * 1_000);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const spread = rates.length > 1 ? (Math.max(...rates) - Math.min(...rates)) / mean : null;
  return { g_por_s: mean, spread };
}
