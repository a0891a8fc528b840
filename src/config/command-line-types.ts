// What the command line of the daemon asks for.

/** A value that a flag gives to a key of the configuration; it wins over environment and file. */
export interface Override {
  /** Section as in the file: `dipperd`, `socket`, `capture-interface-eth0`. */
  readonly section: string;
  readonly key: string;
  /** For `key[n]`. */
  readonly index?: number;
  /** As it would stand in the file. */
  readonly text: string;
  /** For messages: `--workers`. */
  readonly flag: string;
}

export interface CommandLineInterface {
  /** `offline0`, `offline1`, ... for `-I FILE`. */
  readonly name: string;
  readonly role: 'LAN' | 'WAN';
  /** A capture file to read instead of the interface. */
  readonly file?: string;
  /** `-A`, with prefix length. */
  readonly addresses: readonly string[];
  /** `-F` */
  readonly filter?: string;
  /** `-N` */
  readonly peer?: string;
  /** For messages: `-I eth0`. */
  readonly flag: string;
}

/** `categories` are both kinds: those of applications are words of the definitions, those of protocols libndpi's. */
export type DumpSubject =
  | 'all'
  | 'applications'
  | 'protocols'
  | 'categories'
  | 'application-categories'
  | 'protocol-categories'
  | 'risks';

/**
 * `check`: `--check`. `uuid`: print a fresh UUID (`-U`). `provision`: create the agent's UUID if there is none, and
 * print it (`-p`). `hash`: print the SHA-1 of `file` (`-S`). `dump`: print a list of what is known (`-P`).
 * `nothing`: only options of netifyd that did a task of their own and have no meaning here: print the notices, exit 0.
 */
export type Mode =
  | {
      readonly mode:
        | 'run'
        | 'check'
        | 'version'
        | 'help'
        | 'status'
        | 'uuid'
        | 'provision'
        | 'nothing';
    }
  | { readonly mode: 'hash'; readonly file: string }
  | {
      readonly mode: 'dump';
      readonly subject: DumpSubject;
      readonly sortByTag: boolean;
      readonly withCategories: boolean;
    };

export type CommandLine = Mode & {
  /** `-c` */
  readonly configFile?: string;
  /** `-d` as often as given: foreground, no PID file, a chattier log. */
  readonly debug: number;
  /** `-v` as often as given: with `-d`, a line for each detection. */
  readonly verbose: number;
  /** `-R`, or `-d`. */
  readonly foreground: boolean;
  readonly interfaces: readonly CommandLineInterface[];
  readonly overrides: readonly Override[];
  /** One line each, for the log: options of netifyd that have no meaning here. */
  readonly notices: readonly string[];
};
