// A capture with one flow for each name: a TLS client hello that asks for it (RFC 8446, section 4.1.2; RFC 6066, section 3), or
// a DNS query for it (RFC 1035, section 4).

const be16 = (n: number) => Buffer.from([n >> 8, n & 255]);
const be24 = (n: number) => Buffer.from([n >> 16, (n >> 8) & 255, n & 255]);
const with8 = (body: Buffer) => Buffer.concat([Buffer.from([body.length]), body]);
const with16 = (body: Buffer) => Buffer.concat([be16(body.length), body]);
const extension = (type: number, body: Buffer) => Buffer.concat([be16(type), with16(body)]);

function clientHello(name: string): Buffer {
  const serverName = with16(Buffer.concat([Buffer.from([0]), with16(Buffer.from(name))]));
  const extensions = Buffer.concat([
    extension(0, serverName),
    extension(10, with16(Buffer.from([0x00, 0x1d, 0x00, 0x17]))),
    extension(13, with16(Buffer.from([0x04, 0x03, 0x08, 0x04]))),
    extension(
      16,
      with16(Buffer.concat([with8(Buffer.from('h2')), with8(Buffer.from('http/1.1'))])),
    ),
    extension(43, with8(Buffer.from([0x03, 0x04, 0x03, 0x03]))),
  ]);
  const body = Buffer.concat([
    Buffer.from([0x03, 0x03]),
    Buffer.alloc(32, 0x5a),
    with8(Buffer.alloc(32, 0xa5)),
    with16(Buffer.from([0x13, 0x01, 0x13, 0x02, 0xc0, 0x2f])),
    with8(Buffer.from([0])),
    with16(extensions),
  ]);
  const handshake = Buffer.concat([Buffer.from([1]), be24(body.length), body]);
  return Buffer.concat([Buffer.from([22, 0x03, 0x01]), with16(handshake)]);
}

function dnsQuery(name: string): Buffer {
  const labels = name.split('.').map((label) => with8(Buffer.from(label)));
  const header = Buffer.from([0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

/** Of client 10.0.0.1 and a server among the addresses for documentation; checksums are zero, as after offloading. */
function frame(protocol: 6 | 17, clientPort: number, serverPort: number, payload: Buffer): Buffer {
  const ports = Buffer.concat([be16(clientPort), be16(serverPort)]);
  const transport =
    protocol === 6
      ? [ports, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0x20, 0x00, 0, 0, 0, 0])]
      : [ports, be16(8 + payload.length), be16(0)];
  const segment = Buffer.concat([...transport, payload]);
  const ip = Buffer.from([
    0x45,
    0,
    0,
    0,
    0,
    0,
    0x40,
    0,
    64,
    protocol,
    0,
    0,
    10,
    0,
    0,
    1,
    203,
    0,
    113,
    9,
  ]);
  ip.writeUInt16BE(20 + segment.length, 2);
  const ethernet = Buffer.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00]);
  return Buffer.concat([ethernet, ip, segment]);
}

/** A pcap file; each name has its own client port, from 1024 on in their order. */
export function captureOf(kind: 'tls' | 'dns', names: readonly string[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(1, 20);
  const records = names.map((name, i) => {
    const bytes =
      kind === 'tls'
        ? frame(6, 1024 + i, 443, clientHello(name))
        : frame(17, 1024 + i, 53, dnsQuery(name));
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000 + i, 0);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([header, ...records]);
}
