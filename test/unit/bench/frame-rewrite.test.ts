// The bench captures are only as real as their frames: a rewritten frame must be one that a host could have sent.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { layOut, rewriteAddress } from '../../bench/frame-rewrite.js';

const ethernet = '020000000001020000000002';
/** 192.168.0.1:80 to 10.9.8.7:1025, TCP SYN, right checksums. */
const tcp4 = `${ethernet}0800450000280000400040066817c0a800010a09080700500401000000010000000050020000d8d70000`;

function sum16(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** The L4 checksum's sum over pseudo-header and segment: 0xffff when right. */
function sumL4(frame: Buffer, ip: number, version: 4 | 6): number {
  const l4 = ip + (version === 4 ? 20 : 40);
  const addresses =
    version === 4 ? frame.subarray(ip + 12, ip + 20) : frame.subarray(ip + 8, ip + 40);
  const protocol = frame.readUInt8(version === 4 ? ip + 9 : ip + 6);
  const length = frame.length - l4;
  const rest = Buffer.from([0, protocol, length >> 8, length & 0xff]);
  return sum16(Buffer.concat([addresses, rest, frame.subarray(l4)]));
}

describe('bench frames', () => {
  it('finds the client end, the ports and the SYN', () => {
    const layout = layOut(Buffer.from(tcp4, 'hex'));
    assert.equal(layout?.sender, 'c0a80001 80');
    assert.equal(layout?.receiver, '0a090807 1025');
    assert.equal(layout?.checksum, 14 + 20 + 16);
  });

  it('keeps right checksums right, whatever the address', () => {
    const original = Buffer.from(tcp4, 'hex');
    assert.equal(sum16(original.subarray(14, 34)), 0xffff);
    assert.equal(sumL4(original, 14, 4), 0xffff);
    const layout = layOut(original);
    assert.ok(layout);
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.boolean(), (word, source) => {
        const frame = Buffer.concat([Buffer.from([1, 2, 3]), original]);
        rewriteAddress(frame, 3, layout, source ? layout.source : layout.destination, word);
        const made = frame.subarray(3);
        assert.equal(made.readUInt32BE(source ? 26 : 30), word);
        assert.equal(sum16(made.subarray(14, 34)), 0xffff);
        assert.equal(sumL4(made, 14, 4), 0xffff);
      }),
    );
  });

  it('keeps the checksum of UDP over IPv6 right and never makes it zero', () => {
    const ip6 = '6000000000091140fe800000000000000000000000000001ff0200000000000000000000000000fb';
    const original = Buffer.from(`${ethernet}86dd${ip6}14e914e90009000041`, 'hex');
    const l4 = 14 + 40;
    original.writeUInt16BE(0xffff ^ sumL4(original, 14, 6), l4 + 6);
    assert.equal(sumL4(original, 14, 6), 0xffff);
    const layout = layOut(original);
    assert.ok(layout);
    fc.assert(
      fc.property(fc.nat(0xffffffff), (word) => {
        const frame = Buffer.from(original);
        rewriteAddress(frame, 0, layout, layout.source, word);
        assert.equal(sumL4(frame, 14, 6), 0xffff);
        assert.notEqual(frame.readUInt16BE(l4 + 6), 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves a UDP checksum of zero alone', () => {
    const udp4 = `${ethernet}08004500001d00000000401100000a0000010a0000020035003500090000ff`;
    const frame = Buffer.from(udp4, 'hex');
    const layout = layOut(frame);
    assert.ok(layout);
    rewriteAddress(frame, 0, layout, layout.source, 0x0a010203);
    assert.equal(frame.readUInt16BE(14 + 20 + 6), 0);
  });

  it('changes no L4 byte of a later fragment, and nothing that is not IP', () => {
    const fragment = `${ethernet}08004500002400000001401100000a0000010a000002${'ab'.repeat(16)}`;
    const frame = Buffer.from(fragment, 'hex');
    const layout = layOut(frame);
    assert.ok(layout);
    assert.equal(layout.checksum, 0);
    rewriteAddress(frame, 0, layout, layout.destination, 0x0a010203);
    assert.equal(frame.toString('hex', 34), 'ab'.repeat(16));
    assert.equal(layOut(Buffer.from(`${ethernet}0806${'00'.repeat(28)}`, 'hex')), null);
  });
});
