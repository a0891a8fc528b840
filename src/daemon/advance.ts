// Whether the data plane lives: what the watchdog asks.
import type { Engine } from '../capture/engine.js';

/** Whether every worker of a live source has moved since the last call. */
export function advance(engines: () => Iterable<Engine>): () => boolean {
  let before = new Map<Engine, readonly number[]>();
  return () => {
    const now = new Map<Engine, readonly number[]>();
    for (const engine of engines())
      if (engine.sourceState() !== 'none') now.set(engine, engine.ticks());
    const stuck = [...now].some(([engine, ticks]) =>
      before.get(engine)?.some((count, worker) => count === ticks[worker]),
    );
    before = now;
    return !stuck;
  };
}
