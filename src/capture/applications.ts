// Applications as engines have them: a native table that never changes. A reload makes another, which running engines take
// over (Engine.setApplications).
import { type ApplicationColumns, loadAddon, type NativeApplications } from '../addon.js';

export type { ApplicationColumns } from '../addon.js';

export class Applications {
  /** For src/capture alone. */
  readonly native: NativeApplications;

  /** The columns are copied. Some 60 ms for 100,000 names and 50,000 prefixes. */
  constructor(columns: ApplicationColumns) {
    this.native = new (loadAddon().Applications)(columns);
  }

  /** Positions among the rules and the domain lists of the definitions; -1 is none. */
  name(name: string): { readonly rule: number; readonly list: number } {
    const [rule, list] = this.native.findName(name);
    return { rule, list };
  }

  address(address: string): number {
    return this.native.findAddress(address);
  }

  port(ipProtocol: number, port: number): number {
    return this.native.findPort(ipProtocol, port);
  }

  library(protocol: string): number {
    return this.native.findLibrary(protocol);
  }

  /** Native memory that the table takes. */
  get bytes(): number {
    return this.native.bytes();
  }

  /** Rules that are not used: regular expressions too large for an automaton, beyond the 64th. */
  get leftOut(): readonly number[] {
    return this.native.leftOut();
  }
}
