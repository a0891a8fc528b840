// Every difference from tshark that we accept, with its reason. A row that no longer occurs is an error, so that the
// table cannot outlive its reasons.
import type { Difference } from './compare.js';

export interface Exception {
  /** Of all captures without it. */
  readonly captures?: readonly string[];
  /** All without it. */
  readonly figures?: readonly string[];
  /** A part of the flow. */
  readonly flow?: string;
  /** Further condition on what differs, so that the row excuses nothing else. */
  readonly when?: (difference: Difference) => boolean;
  readonly reason: string;
  /** Not among the captures of a plain run. */
  readonly elsewhere?: true;
}

const onlyOurs = ({ expected }: Difference): boolean => expected === '';
const onlyTheirs = ({ seen }: Difference): boolean => seen === '';
const fingerprint4 = 'JA4 (second implementation)';
const published = 'JA4, published';

const sentAgain = 'TCP sent again + out of place';
const windowsOf = (...names: string[]): string[] =>
  names.flatMap((name) => ['local', 'other'].map((side) => `TCP window, ${name}, ${side}`));
const handshake = ['TCP handshake', 'TCP handshake, server', 'TCP handshake, client'];
const total = (counts: string): number =>
  counts.split(' + ').reduce((sum, count) => sum + Number(count), 0);

const hello = ['ALPN, client', 'JA3', 'JA3S', fingerprint4];

export const exceptions: readonly Exception[] = [
  {
    captures: ['fuzz-2006-06-26-2594.pcap', 'fuzz-2006-09-29-28586.pcap'],
    reason: 'packets with bytes changed at random: which of the two reads what of them is chance',
  },
  {
    captures: ['snaplen60.pcap'],
    figures: ['DNS response code', 'DNS answers, number'],
    when: onlyTheirs,
    reason: 'the capture cut the response: tshark reads the header, we read whole messages',
  },
  {
    figures: ['HTTP user agent'],
    flow: 'udp ',
    when: onlyOurs,
    reason: 'tshark 4.0 has no field for the transport parameter of QUIC that says the user agent',
  },
  {
    captures: ['ipp.pcap'],
    figures: ['HTTP status', 'HTTP content type', 'HTTP server'],
    flow: ' 55342',
    when: onlyTheirs,
    reason: 'the answer comes behind a long request body, when detection has ended',
  },
  {
    captures: ['bad-dns-traffic.pcap'],
    figures: ['DNS answers'],
    flow: ' 35966 ',
    when: onlyTheirs,
    reason: 'the first query has no response; tshark answers with that of the second',
  },
  {
    captures: ['rtsp.pcap', 'rtsp_setup_http.pcapng'],
    figures: ['HTTP user agent'],
    when: onlyOurs,
    reason: 'tshark has no field for the user agent of RTSP',
  },
  {
    captures: ['KakaoTalk_talk.pcap'],
    figures: ['HTTP status', 'HTTP content type', 'HTTP server'],
    when: onlyOurs,
    reason: 'tshark waits for segments that the capture lacks, and the answer is behind them',
  },
  {
    captures: ['KakaoTalk_talk.pcap', 'anydesk.pcap', 'tls_port_80.pcapng'],
    figures: ['JA3', 'JA3S', fingerprint4],
    when: onlyOurs,
    reason: 'tshark takes what is on port 80 and 8080 for HTTP, and this is TLS',
  },
  {
    captures: ['quic-v2-00.pcapng'],
    figures: hello,
    when: onlyOurs,
    reason: 'tshark 4.0 does not know version 2 of QUIC',
  },
  {
    captures: ['KakaoTalk_chat.pcap'],
    figures: ['JA3S'],
    when: onlyOurs,
    reason: 'tshark waits for segments that the capture lacks, and the server hello is behind them',
  },
  {
    captures: ['tls_invalid_reads.pcap'],
    figures: ['JA3', fingerprint4],
    flow: '192.168.10.101',
    when: onlyTheirs,
    reason: 'a hello without any compression method, which RFC 5246 (7.4.1.2) forbids',
  },
  {
    captures: ['tls_invalid_reads.pcap'],
    figures: ['JA3'],
    flow: '10.191.139.17',
    when: onlyOurs,
    reason: 'tshark ends at a malformed extension, before it has computed its JA3',
  },
  {
    figures: [sentAgain],
    when: ({ expected, seen }) => total(expected) === total(seen),
    reason:
      'the same segments by the other name: one that fills a gap is late for us when a round-trip time has passed, for tshark when duplicate acknowledgements say so or 3 ms have',
  },
  {
    figures: ['TCP handshake'],
    when: ({ expected, seen }) => Number(expected) - Number(seen) === 1,
    reason: 'our sum is of two halves, each cut to whole microseconds',
  },
  {
    captures: ['two_interfaces.pcapng', 'mongodb.pcap'],
    figures: [...handshake, sentAgain],
    reason:
      'packets seen on two interfaces or in two VLANs: two flows for us, one stream for tshark',
  },
  {
    captures: ['SkypeIRC.cap', 'rtsp.pcap'],
    figures: [sentAgain],
    when: ({ expected, seen }) => total(expected) > total(seen),
    reason: 'behind a RST we begin anew: a SYN that follows is another attempt, not sent again',
  },
  {
    captures: ['rtsp.pcap'],
    figures: ['TCP handshake'],
    reason: 'four copies of each packet: tshark goes by another copy of the SYN than the last',
  },
  {
    captures: ['KakaoTalk_chat.pcap', 'KakaoTalk_talk.pcap'],
    figures: [sentAgain],
    when: ({ expected, seen }) => total(expected) - total(seen) === 1,
    reason: 'a second answer to the SYN, with another number: out of order for tshark, new for us',
  },
  {
    captures: ['ethereum.pcap'],
    figures: [sentAgain],
    flow: ' 56660 ',
    when: onlyTheirs,
    reason: 'behind a RST tshark misses a segment that is there',
  },
  {
    captures: ['ajp.pcap'],
    figures: [...handshake, ...windowsOf('last', 'min'), sentAgain],
    reason:
      'a second copy of each packet, with a wrong length, which tshark gives to other streams',
  },
  {
    captures: ['webex.pcap'],
    figures: windowsOf('last', 'min'),
    reason: 'tshark scales the windows of a client whose server did not offer to (RFC 7323, 2.2)',
  },
  {
    captures: ['vnc.pcap'],
    figures: windowsOf('last', 'min'),
    reason: 'tshark cuts these connections into streams, and the later ones have no SYN',
  },
  {
    captures: ['telnet-cooked.pcap', 'tls_invalid_reads.pcap'],
    figures: [sentAgain],
    reason: 'copies without their bytes: we go by the length in the IP header, tshark by the frame',
  },
  {
    captures: ['alexa-app.pcapng'],
    figures: ['TCP handshake, server'],
    flow: ' 49627 ',
    when: onlyOurs,
    reason: 'a SYN sent again crosses its answer: the ACK is to none that was captured after it',
  },
  {
    captures: ['snaplen60.pcap'],
    figures: ['TCP handshake'],
    when: onlyOurs,
    reason: 'the capture cut the options of the header, and tshark does not analyse the segment',
  },
  {
    captures: ['tls-non-ascii-alpn.pcapng'],
    figures: [published, `${published}, second implementation`],
    elsewhere: true,
    when: ({ expected }) => expected.includes('t13d151699_'),
    reason:
      'their program prints 99 where its description asks for the ends of the hexadecimal form',
  },
];

export function exceptionFor(difference: Difference): Exception | undefined {
  return exceptions.find(
    ({ captures, figures, flow, when }) =>
      (captures === undefined || captures.includes(difference.capture)) &&
      (figures === undefined || figures.includes(difference.figure)) &&
      (flow === undefined || difference.flow.includes(flow)) &&
      (when?.(difference) ?? true),
  );
}
