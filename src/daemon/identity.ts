// Who speaks: versions, features and the names that ids stand for.
import { readFileSync } from 'node:fs';
import { loadAddon } from '../addon.js';
import { protocolNames } from '../capture/protocols.js';
import type { Config } from '../config/index.js';
import type { KnownName } from '../messages/definitions.js';
import { ndpiFiles } from './settings.js';

export interface Identity {
  readonly version: string;
  readonly ndpiVersion: string;
  readonly features: readonly string[];
  readonly names: readonly KnownName[];
}

export function ownVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

export function identity(config: Config): Identity {
  const addon = loadAddon();
  const { netlink, dns_hint_cache: hints, flow_hash_cache: hashes } = config;
  const features = [
    ...(netlink.conntrack ? ['conntrack'] : []),
    ...(netlink.addresses ? ['netlink'] : []),
    ...(hints.enable ? ['dns-cache'] : []),
    ...(hashes.enable ? ['flow-hash-cache'] : []),
    'regex',
  ];
  return {
    version: ownVersion(),
    ndpiVersion: addon.libraryVersion,
    features,
    names: namesOf(config),
  };
}

/** Protocols and applications as libndpi numbers them, own ones of the configured file among them. */
function namesOf(config: Config): readonly KnownName[] {
  return protocolNames(ndpiFiles(config)).protocols;
}
