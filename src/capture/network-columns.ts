// The networks of the capturing host as its workers take them: what is local, and what is a broadcast address.
import { isIP } from 'node:net';
import { DipperError } from '../errors.js';
import type { Network } from './networks.js';

/** In the order of addon/binding/engine_commands.cc. */
export const addressClasses = ['local_ip', 'local_net', 'broadcast'] as const;

/** The two columns of the addon's table. Throws ERR_OPTION_INVALID with the network that is none. */
export function networkColumns(networks: readonly Network[]): {
  prefixes: string[];
  classes: Uint8Array;
} {
  const classes = networks.map(({ prefix, class: name }) => {
    const [address = '', bits = '', ...rest] = prefix.split('/');
    const version = address.includes('%') ? 0 : isIP(address);
    const good = version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits);
    if (!good || Number(bits) > (version === 4 ? 32 : 128))
      throw new DipperError(
        'ERR_OPTION_INVALID',
        `${JSON.stringify(prefix)} is no network; write address/bits, for example 192.168.1.0/24`,
      );
    const position = addressClasses.indexOf(name);
    if (position < 0)
      throw new DipperError(
        'ERR_OPTION_INVALID',
        `no address class is called ${JSON.stringify(name)}; there are ${addressClasses.join(', ')}`,
      );
    return position;
  });
  return { prefixes: networks.map(({ prefix }) => prefix), classes: Uint8Array.from(classes) };
}
