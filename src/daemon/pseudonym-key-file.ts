// The keys of the privacy filter on disk, so that a restart changes no pseudonym: privacy.key in the persistent state.
import {
  type KeyRecord,
  PseudonymKeys,
  type PseudonymKeysOptions,
} from '../flow/pseudonym-keys.js';
import type { Log } from '../log.js';
import type { StateDirectory } from '../state/directory.js';
import { readSealed, type SealedKind, writeSealed } from '../state/sealed-file.js';

const keyBytes = 32;
const fileName = 'privacy.key';
const fileKind: SealedKind = { kind: 'privacy', version: 1, limit: 2 * keyBytes + 8 };

/** Reads the file in `directory`, where later keys are written too. A damaged one is set aside and said. */
export async function openPseudonymKeys(
  directory: StateDirectory,
  log: Log,
  options: Pick<PseudonymKeysOptions, 'rotationS' | 'now'>,
): Promise<PseudonymKeys> {
  const sealed = await readSealed(directory, fileName, fileKind, log);
  const saved = sealed?.content.length === fileKind.limit ? decode(sealed.content) : undefined;
  const save = (record: KeyRecord) => {
    // Mode 0600: who reads the key can compute every pseudonym.
    writeSealed(directory, fileName, fileKind, encode(record), { mode: 0o600 }).catch((err) =>
      log.error({ err }, 'the key of the pseudonyms cannot be written; a restart will change them'),
    );
  };
  return new PseudonymKeys({ ...options, saved, save });
}

/** Digest key, pseudonym key, its beginning in ms as a double (little-endian). */
function encode({ digestKey, pseudonym }: KeyRecord): Buffer {
  const since = Buffer.alloc(8);
  since.writeDoubleLE(pseudonym.since);
  return Buffer.concat([digestKey, pseudonym.key, since]);
}

function decode(content: Buffer): KeyRecord {
  return {
    digestKey: Buffer.from(content.subarray(0, keyBytes)),
    pseudonym: {
      key: Buffer.from(content.subarray(keyBytes, 2 * keyBytes)),
      since: content.readDoubleLE(2 * keyBytes),
    },
  };
}
