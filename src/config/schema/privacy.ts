// `[privacy-filter]`: what is masked before a message is written anywhere.
import { Type } from 'typebox';
import { closed, flag, host, list, mac, seconds, text, words } from './values.js';

export const privacyReplacement = {
  regex_search: Type.Optional(
    text(undefined, {
      is: 'A regular expression without back-references and lookaround; letter case does not count.',
      apply: 'privacy',
      netifyd: '[privacy_filter] regex_search[n] (there on the whole JSON text)',
      example: '^[^.]+\\.internal\\.example$',
    }),
  ),
  regex_replace: Type.Optional(
    text(undefined, {
      is: 'What stands for a match; $1 is the first group.',
      apply: 'privacy',
      netifyd: '[privacy_filter] regex_replace[n]',
      example: 'host.internal.example',
    }),
  ),
  regex_fields: words([], ['host_server_name', 'dns_host_name', 'client_sni', 'url'], {
    is: 'Fields of the messages on which this pair works: `http.url`, or `url` for all of that name.',
    apply: 'privacy',
  }),
};

export const privacy = {
  mac: list(
    mac({
      is: 'MAC address whose side of a flow is masked.',
      apply: 'privacy',
      netifyd: '[privacy_filter] mac[n]',
      example: '00:53:00:00:00:01',
    }),
    1024,
  ),
  host: list(
    host({
      is: 'Address, network or host name whose side of a flow is masked. A name is resolved once.',
      apply: 'privacy',
      netifyd: '[privacy_filter] host[n] (no networks there)',
      example: '192.0.2.0/24',
    }),
    1024,
  ),
  private_external_addresses: flag(false, {
    is: 'Mask the addresses of WAN interfaces.',
    apply: 'privacy',
    netifyd: '[privacy_filter] private_external_addresses',
  }),
  user_names: flag(true, {
    is: 'Show the user names of FTP, POP3, IMAP, MQTT, RDP, SIP, SMB and Kerberos. `no` takes them out of every message.',
    apply: 'privacy',
  }),
  pseudonyms: flag(false, {
    is: 'Replace by keyed pseudonyms instead of fixed values: one host stays one host while the key lasts.',
    apply: 'privacy',
  }),
  pseudonym_key_rotation: seconds(86400, [60, 31536000], {
    is: 'Life of that key; a new one breaks every link to the old pseudonyms.',
    apply: 'privacy',
  }),
};

export const Replacement = closed({
  index: Type.Integer({ minimum: 0, maximum: 1023 }),
  ...privacyReplacement,
});

export const privacySection = closed(
  { ...privacy, replacements: Type.Array(Replacement, { default: [], maxItems: 64 }) },
  'What is masked before a message is written anywhere.',
);
