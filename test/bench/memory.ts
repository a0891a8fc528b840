// What a flow costs natively, and what a million of them cost in all.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { measure } from './pairs.js';
import { benchFolder } from './set-up.js';

interface EngineRun {
  packets: number;
  flows: number;
  anonymous_at_start: number;
  anonymous_peak: number;
  flows_peak: number;
  dpi_states_peak: number;
  table_bytes_peak: number;
  metadata_bytes_peak: number;
  dpi_state_bytes_peak: number;
  dpi_state_size: number;
}

export interface Memory {
  flows: number;
  /** Native growth over all flows, by resident anonymous memory. */
  bytes_per_flow: number;
  /** Flow table and metadata alone, by the engine's own account: what stays when detection is over. */
  bytes_per_settled_flow: number;
  dpi_states_peak: number;
  dpi_state_bytes_peak: number;
  native_peak_mb: number;
  /** The whole process `dipper spy --json`. */
  process_peak_anonymous_mb: number;
  process_peak_rss_mb: number;
}

export function measureMemory(capture: string, command: readonly string[]): Memory {
  const printed = execFileSync(join(benchFolder, 'engine-bench'), [capture], { encoding: 'utf8' });
  const run = JSON.parse(printed) as EngineRun;
  const whole = measure([...command, capture]);
  const settled = run.table_bytes_peak + run.metadata_bytes_peak;
  return {
    flows: run.flows_peak,
    bytes_per_flow: (run.anonymous_peak - run.anonymous_at_start) / run.flows_peak,
    bytes_per_settled_flow: settled / run.flows_peak,
    dpi_states_peak: run.dpi_states_peak,
    dpi_state_bytes_peak: run.dpi_state_bytes_peak,
    native_peak_mb: run.anonymous_peak / 1e6,
    process_peak_anonymous_mb: (whole.peak_anonymous_kib * 1024) / 1e6,
    process_peak_rss_mb: (whole.peak_rss_kib * 1024) / 1e6,
  };
}
