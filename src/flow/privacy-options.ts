// Options of the privacy filter, and the replacements by regular expression among them.
import { DipperError } from '../errors.js';
import type { Log } from '../log.js';
import { LinearRegex } from '../regex/linear-regex.js';
import type { PrivacyRuleTexts, Resolve } from './privacy-rules.js';
import type { PseudonymKeys } from './pseudonym-keys.js';

export interface FieldReplacement {
  /** What the configuration calls it, for messages: `regex_search[0]`. */
  readonly name: string;
  /** A regular expression without back-references and lookaround; case does not matter. */
  readonly search: string;
  /** `$1` to `$9`, `$&`, `$$`. */
  readonly replace: string;
  /** Members of messages: `host_server_name`, `http.url`. */
  readonly fields: readonly string[];
}

export interface PrivacyOptions extends PrivacyRuleTexts {
  readonly log: Pick<Log, 'error'>;
  /** Mask the addresses that `wanAddresses` gives. */
  readonly privateExternalAddresses?: boolean;
  /** Addresses of the WAN interfaces now; asked for each message. */
  readonly wanAddresses?: () => readonly string[];
  /** Networks of the local side now, beyond the private ones; for pseudonyms. */
  readonly localNetworks?: () => readonly string[];
  /** Pseudonyms for all that is local and for what is masked, instead of constants for what is masked. */
  readonly pseudonyms?: PseudonymKeys;
  /** 32 bytes for the digests of flows; default: that of `pseudonyms`, else one of the process. */
  readonly digestKey?: Buffer;
  /** Members of flows that are masked in every flow with a masked side: `kerberos.realm`. */
  readonly fields?: readonly string[];
  readonly regex?: readonly FieldReplacement[];
  /** Leave user names out of every flow. */
  readonly withoutUserNames?: boolean;
  readonly resolve?: Resolve;
  /** ms since 1970. */
  readonly now?: () => number;
}

export interface CompiledReplacement {
  readonly fields: readonly string[];
  readonly regex: LinearRegex;
}

/** Throws ERR_CONFIG_INVALID that names the rule. */
export function compileReplacements(
  replacements: readonly FieldReplacement[],
): CompiledReplacement[] {
  return replacements.map(({ name, search, replace, fields }) => {
    try {
      return { fields, regex: new LinearRegex(search, replace) };
    } catch (cause) {
      throw new DipperError(
        'ERR_CONFIG_INVALID',
        `privacy filter: ${name} ${(cause as Error).message}; the expression is ${JSON.stringify(search)}`,
        { cause },
      );
    }
  });
}

/** Whether the member at `path` (`http.url`) is one of `fields`; a shorter name stands for that member anywhere. */
export const isField = (path: string, fields: readonly string[]) =>
  fields.some((field) => path === field || path.endsWith(`.${field}`));
