// The figures: which member of our records equals which fields of tshark. One row a figure.

import type { FlowPurge } from '../../../src/messages/flow-purge.js';
import type { Frame } from './frames.js';
import { gtpFigures } from './gtp.js';
import { type ClientHello, ja4 } from './ja4.js';
import { tcpFigures } from './tcp.js';

export interface Figure {
  readonly name: string;
  /** Path in the object `flow` of our record. */
  readonly member: string;
  /** Who sends the frames that say it; without it, either. */
  readonly sender?: 'client' | 'server';
  /** tshark's fields. The figure is left out where this tshark has none of them. */
  readonly fields: readonly string[];
  /** What the frame says, undefined when nothing; the first that says something counts. */
  readonly theirs?: (frame: Frame) => string | undefined;
  /** In the place of `theirs`: what all frames of a stream say. `local` is the sender on our record's local side. */
  readonly whole?: (frames: readonly Frame[], local: string) => string | undefined;
  /** In the place of the member: what several say. */
  readonly record?: (flow: FlowPurge['flow']) => string | undefined;
  /** Counts, one or several joined by ` + `: added up over the flows of a five-tuple, and nothing when all are 0. */
  readonly adds?: true;
  /** Our value in the same form. */
  readonly ours?: (value: string) => string;
  /** The member may come from what tshark has no field for: compared where tshark says something. */
  readonly partly?: true;
}

const clientHello = '1';
const serverHello = '2';

/** The fields of TLS and of DTLS, which tshark names alike. */
const both = (...names: string[]): string[] =>
  ['tls', 'dtls'].flatMap((protocol) => names.map((name) => `${protocol}.handshake.${name}`));

function handshake(frame: Frame, name: string): readonly string[] {
  const tls = frame.values(`tls.handshake.${name}`);
  return tls.length > 0 ? tls : frame.values(`dtls.handshake.${name}`);
}

const first = (...fields: string[]) => ({
  fields,
  theirs: (frame: Frame) => fields.map((field) => frame.values(field)[0]).find(isText),
});

const inHello = (type: string, name: string, whole = false) => ({
  fields: both(name),
  theirs: (frame: Frame) => {
    if (!handshake(frame, 'type').includes(type)) return undefined;
    const values = handshake(frame, name);
    return whole ? text(values.join(',')) : text(values[0] ?? '');
  },
});

const hostFields = [
  ...both('extensions_server_name'),
  'gquic.tag.sni',
  'http.host',
  'dns.qry.name',
];

/** By RR type: A, NS, CNAME, PTR, MX, AAAA, SRV. */
const answerFields: ReadonlyMap<string, string> = new Map([
  ['1', 'dns.a'],
  ['2', 'dns.ns'],
  ['5', 'dns.cname'],
  ['12', 'dns.ptr.domain_name'],
  ['15', 'dns.mx.mail_exchange'],
  ['28', 'dns.aaaa'],
  ['33', 'dns.srv.target'],
]);

const isText = (value: string | undefined): value is string => value !== undefined && value !== '';
/** Of HTTP over TCP: SSDP has the same fields, and members of its own. */
const ofHttp = (field: string) => ({
  fields: [field],
  theirs: (frame: Frame) =>
    frame.protocols.includes('ssdp') ? undefined : text(frame.values(field)[0] ?? ''),
});
const text = (value: string): string | undefined => (value === '' ? undefined : value);
const lower = (value: string): string => value.toLowerCase();

/** With the fields that the computed figures read. */
export const helloFields = both(
  'type',
  'version',
  'ciphersuite',
  'extension.type',
  'extensions.supported_version',
  'sig_hash_alg_len',
  'sig_hash_alg',
  'extensions_alpn_str',
);

/** The first client hello of the frame. None for one in the form of SSL 2, whose ciphers have three bytes. */
export function helloOf(frame: Frame): ClientHello | undefined {
  const numbers = (name: string) => handshake(frame, name).map(Number);
  if (!handshake(frame, 'type').includes(clientHello) || numbers('ciphersuite').length === 0)
    return undefined;
  const extensions = numbers('extension.type');
  const alpn = handshake(frame, 'extensions_alpn_str')[0];
  return {
    transport: transportOf(frame),
    version: numbers('version')[0] ?? 0,
    supportedVersions: numbers('extensions.supported_version'),
    ciphers: numbers('ciphersuite'),
    extensions,
    signatureAlgorithms: signatureAlgorithms(
      extensions,
      numbers('sig_hash_alg_len'),
      numbers('sig_hash_alg'),
    ),
    alpn: alpn === undefined ? undefined : Buffer.from(alpn, 'latin1'),
  };
}

function transportOf({ protocols }: Frame): ClientHello['transport'] {
  if (protocols.includes('quic') || protocols.includes('gquic')) return 'q';
  return protocols.includes('dtls') ? 'd' : 't';
}

/** tshark lists the algorithms of three extensions in one field, in the order of the extensions. */
function signatureAlgorithms(
  extensions: readonly number[],
  lengths: readonly number[],
  algorithms: readonly number[],
): readonly number[] {
  const lists = extensions.filter((type) => [13, 34, 50].includes(type));
  let at = 0;
  for (const [i, type] of lists.entries()) {
    const count = (lengths[i] ?? 0) / 2;
    if (type === 13) return algorithms.slice(at, at + count);
    at += count;
  }
  return [];
}

/** The host by what names it best; without a port, and an IPv6 address without its brackets. */
function hostOf(frame: Frame): string | undefined {
  if (frame.protocols.includes('ssdp')) return undefined;
  const http = frame
    .values('http.host')[0]
    ?.replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  const names = hostFields.map((field) => (field === 'http.host' ? http : frame.values(field)[0]));
  return names.find(isText)?.toLowerCase();
}

export const figures: readonly Figure[] = [
  {
    name: 'host',
    member: 'host_server_name',
    fields: hostFields,
    theirs: hostOf,
    ours: lower,
    partly: true,
  },
  {
    name: 'SNI',
    member: 'ssl.client_sni',
    fields: [...both('extensions_server_name'), 'gquic.tag.sni'],
    theirs: (frame) =>
      text(handshake(frame, 'extensions_server_name')[0] ?? frame.values('gquic.tag.sni')[0] ?? ''),
  },
  {
    name: 'ALPN, client',
    member: 'ssl.alpn',
    ...inHello(clientHello, 'extensions_alpn_str', true),
  },
  {
    name: 'ALPN, server',
    member: 'ssl.alpn_server',
    ...inHello(serverHello, 'extensions_alpn_str', true),
  },
  { name: 'JA3', member: 'ssl.client_ja3', ...inHello(clientHello, 'ja3') },
  { name: 'JA3S', member: 'ssl.server_ja3', ...inHello(serverHello, 'ja3s') },
  {
    name: 'JA4 (second implementation)',
    member: 'ssl.client_ja4',
    fields: helloFields,
    theirs: (frame) => {
      const hello = helloOf(frame);
      return hello === undefined ? undefined : ja4(hello);
    },
  },
  { name: 'JA4 (tshark)', member: 'ssl.client_ja4', ...inHello(clientHello, 'ja4') },
  { name: 'SSH banner, client', member: 'ssh.client', sender: 'client', ...first('ssh.protocol') },
  { name: 'SSH banner, server', member: 'ssh.server', sender: 'server', ...first('ssh.protocol') },
  { name: 'HASSH', member: 'ssh.client_hassh', ...first('ssh.kex.hassh') },
  { name: 'HASSH, server', member: 'ssh.server_hassh', ...first('ssh.kex.hasshserver') },
  { name: 'HTTP host', member: 'http.host', ...ofHttp('http.host') },
  { name: 'HTTP method', member: 'http.method', ...ofHttp('http.request.method') },
  {
    name: 'HTTP URI',
    member: 'http.url',
    fields: ['http.request.uri', 'http.host'],
    theirs: (frame) => {
      if (frame.protocols.includes('ssdp')) return undefined;
      const uri = frame.values('http.request.uri')[0];
      if (uri === undefined || !uri.startsWith('/')) return uri?.replace(/^http:\/\//i, '');
      return `${frame.values('http.host')[0] ?? ''}${uri}`;
    },
  },
  { name: 'QUIC version, before TLS', member: 'quic.version', ...first('gquic.tag.version') },
  {
    name: 'HTTP user agent',
    member: 'http.user_agent',
    fields: ['http.user_agent', 'gquic.tag.uaid'],
    theirs: (frame) => {
      if (frame.protocols.includes('ssdp')) return undefined;
      return text(frame.values('http.user_agent')[0] ?? frame.values('gquic.tag.uaid')[0] ?? '');
    },
  },
  {
    name: 'HTTP status',
    member: 'http.status',
    fields: ['http.response.code'],
    // 100 and others before it are no answer yet (RFC 9110, 15.2).
    theirs: (frame) =>
      frame.protocols.includes('ssdp')
        ? undefined
        : frame.values('http.response.code').find((code) => !code.startsWith('1')),
  },
  {
    name: 'HTTP content type',
    member: 'http.content_type',
    sender: 'server',
    ...ofHttp('http.content_type'),
  },
  { name: 'HTTP server', member: 'http.server', sender: 'server', ...ofHttp('http.server') },
  {
    name: 'DNS query',
    member: 'dns.query_name',
    fields: ['dns.qry.name'],
    theirs: (frame) => frame.values('dns.qry.name')[0]?.toLowerCase(),
    ours: lower,
  },
  { name: 'DNS type', member: 'dns.query_type', ...first('dns.qry.type') },
  {
    name: 'DNS response code',
    member: 'dns.reply_code',
    fields: ['dns.flags.rcode', 'dns.flags.response'],
    theirs: (frame) => (isResponse(frame) ? frame.values('dns.flags.rcode')[0] : undefined),
  },
  {
    name: 'DNS answers, number',
    member: 'dns.num_answers',
    fields: ['dns.count.answers', 'dns.flags.response'],
    theirs: (frame) => (isResponse(frame) ? frame.values('dns.count.answers')[0] : undefined),
  },
  {
    name: 'DNS answers',
    member: 'dns.answers',
    fields: ['dns.resp.type', 'dns.count.answers', ...answerFields.values()],
    // mDNS has members of its own.
    theirs: (frame) =>
      isResponse(frame) && !frame.protocols.includes('mdns')
        ? lower(answers(frame).join(','))
        : undefined,
    ours: lower,
  },
  {
    name: 'DHCP fingerprint',
    member: 'dhcp.fingerprint',
    fields: ['dhcp.option.request_list_item', 'dhcpv6.requested_option_code'],
    theirs: (frame) =>
      text(
        [
          ...frame.values('dhcp.option.request_list_item'),
          ...frame.values('dhcpv6.requested_option_code'),
        ].join(','),
      ),
  },
  { name: 'DHCP class', member: 'dhcp.class_ident', ...first('dhcp.option.vendor_class_id') },
  { name: 'DHCP host name', member: 'dhcp.host_name', ...first('dhcp.option.hostname') },
  ...tcpFigures,
  ...gtpFigures,
];

/** What stands in the records of the answer section, in their order; tshark lists the values by type. */
function answers(frame: Frame): string[] {
  const left = new Map([...answerFields].map(([type, field]) => [type, [...frame.values(field)]]));
  const count = Number(frame.values('dns.count.answers')[0] ?? 0);
  return frame
    .values('dns.resp.type')
    .slice(0, count)
    .flatMap((type) => left.get(type)?.shift() ?? []);
}

function isResponse(frame: Frame): boolean {
  return ['1', 'True'].includes(frame.values('dns.flags.response')[0] ?? '');
}
