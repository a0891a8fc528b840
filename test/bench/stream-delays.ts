// A histogram of delays, of 100 us a cell, and its percentiles.

const cellUs = 100;
const cells = 200_000; // 20 s; later than that is in the last

export class Delays {
  readonly #cells = new Uint32Array(cells);
  #count = 0;
  #most = 0;

  add(us: number): void {
    const cell = Math.min(cells - 1, Math.max(0, Math.floor(us / cellUs)));
    this.#cells[cell] = (this.#cells[cell] ?? 0) + 1;
    this.#count += 1;
    this.#most = Math.max(this.#most, us);
  }

  /** In ms: the upper end of the cell that holds the percentile. */
  percentile(share: number): number {
    let left = Math.ceil(share * this.#count);
    for (let cell = 0; cell < cells; cell += 1) {
      left -= this.#cells[cell] ?? 0;
      if (left <= 0) return ((cell + 1) * cellUs) / 1000;
    }
    return 0;
  }

  summary(): { measured: number; p50_ms: number; p99_ms: number; max_ms: number } {
    return {
      measured: this.#count,
      p50_ms: this.percentile(0.5),
      p99_ms: this.percentile(0.99),
      max_ms: this.#most / 1000,
    };
  }
}
