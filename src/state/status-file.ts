// status.json: the last agent_status, for `dipper status` and for whoever reads netifyd's. Written each interval,
// removed at a clean end.
import { join } from 'node:path';
import { DipperError, fileError } from '../errors.js';
import type { AgentStatus } from '../messages/index.js';
import { readBounded } from './bounded-read.js';
import type { StateDirectory } from './directory.js';
import type { WriteFailures } from './write-failures.js';

export const statusName = 'status.json';
/** Thousands of devices are some hundred KiB. */
const longest = 16 * 1024 * 1024;

export class StatusFile {
  readonly #directory: StateDirectory;
  readonly #failures: WriteFailures;

  constructor(directory: StateDirectory, failures: WriteFailures) {
    this.#directory = directory;
    this.#failures = failures;
  }

  /** Never rejects: what goes wrong is counted and said. */
  async write(status: AgentStatus): Promise<void> {
    const path = join(this.#directory.path, statusName);
    try {
      await this.#directory.write(statusName, `${JSON.stringify(status)}\n`);
      this.#failures.succeeded(path);
    } catch (error) {
      this.#failures.failed(path, error);
    }
  }

  /** Idempotent. */
  async remove(): Promise<void> {
    try {
      await this.#directory.remove(statusName);
    } catch (error) {
      this.#failures.failed(join(this.#directory.path, statusName), error);
    }
  }
}

/** The status that a daemon wrote to `folder`, undefined without one. Throws DipperError when it cannot be read. */
export async function readStatus(folder: string): Promise<AgentStatus | undefined> {
  const path = join(folder, statusName);
  let bytes: Buffer | undefined;
  try {
    bytes = await readBounded(path, { limit: longest });
  } catch (error) {
    throw fileError(path, error as NodeJS.ErrnoException);
  }
  if (bytes === undefined) return undefined;
  try {
    const status = JSON.parse(bytes.toString()) as AgentStatus | null;
    if (status?.type === 'agent_status') return status;
  } catch {
    // Told below: it is no status either way.
  }
  throw new DipperError(
    'ERR_INPUT_NOT_FOUND',
    `${path}: is not a status of dipperd; wait for the next update_interval, or name another folder`,
  );
}
