// What libndpi calls protocols, applications, categories and risks: for the messages `protocols` and `definitions`, and for
// lists that people read.
import { loadAddon, type NativeError, type NativeNames } from '../addon.js';
import { DipperError } from '../errors.js';
import type { NdpiFiles } from './engine.js';
import { refuseNdpiFiles } from './ndpi-file-problems.js';

export type ProtocolNames = NativeNames;

/**
 * The names as engines with the same files have them; ids are libndpi's own and differ between its releases. Makes a
 * detection module for it (some 50 ms): call it at start and when the files change. Throws ERR_NDPI_FILE, ERR_NDPI_MISMATCH.
 */
export function protocolNames(files: NdpiFiles = {}): ProtocolNames {
  refuseNdpiFiles(files);
  const addon = loadAddon();
  try {
    return addon.protocols(
      addon.Engine.fileNames.map((name) => files[name as keyof NdpiFiles] ?? ''),
    );
  } catch (cause) {
    const { message, exitCode } = cause as NativeError;
    const code =
      exitCode === 69 ? 'ERR_NDPI_MISMATCH' : exitCode === 78 ? 'ERR_NDPI_FILE' : 'ERR_INTERNAL';
    throw new DipperError(code, message, { cause });
  }
}
