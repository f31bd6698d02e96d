/** Named counts that only rise: what was refused and why, connects, messages. */
export class Counters {
  readonly #counts: Record<string, number> = Object.create(null);

  add(name: string, by = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + by;
  }

  all(): Record<string, number> {
    return { ...this.#counts };
  }
}
