/** One weighed run of a frasco. */
export interface Run {
  readonly ms: number;
  readonly gramas: number;
}

export interface Rate {
  readonly g_por_s: number;
  /** (largest − smallest) ÷ mean of the runs' rates; null for a single run. */
  readonly desvio: number | null;
  readonly medidas: readonly (Run & { readonly g_por_s: number })[];
}

/** The mean rate of at least one run, in grams a second, each run weighing the same. */
export function meanRate(runs: readonly Run[]): Rate & { medidas: (Run & { g_por_s: number })[] } {
  const medidas = runs.map(({ ms, gramas }) => ({ ms, gramas, g_por_s: gramas / (ms / 1_000) }));
  const rates = medidas.map((medida) => medida.g_por_s);
  const g_por_s = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const desvio = rates.length < 2 ? null : (Math.max(...rates) - Math.min(...rates)) / g_por_s;
  return { g_por_s, desvio, medidas };
}
