#!/usr/bin/env python3
"""Files that no program here writes by itself, made from recorded ones: the other byte order, other
link types, damage. The packets inside stay those of the recorded capture. Called by record.sh.

  derive.py FOLDER
"""
import pathlib
import struct
import sys

ETHERNET_HEADER = 14


def read_pcap(path):
    """The records of a little-endian microsecond pcap: (seconds, fraction, wire length, bytes)."""
    data = path.read_bytes()
    magic, _, _, _, _, _, link = struct.unpack_from('<IHHiIII', data)
    assert magic == 0xA1B2C3D4, path
    records, at = [], 24
    while at < len(data):
        seconds, fraction, captured, wire = struct.unpack_from('<IIII', data, at)
        records.append((seconds, fraction, wire, data[at + 16:at + 16 + captured]))
        at += 16 + captured
    return link, records


def pcap(link, records, order='<'):
    out = struct.pack(order + 'IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, link)
    for seconds, fraction, wire, data in records:
        out += struct.pack(order + 'IIII', seconds, fraction, len(data), wire) + data
    return out


def pcapng(link, records, order):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        length = struct.pack(order + 'I', len(body) + 12)
        return struct.pack(order + 'I', kind) + length + body + length

    out = block(0x0A0D0D0A, struct.pack(order + 'IHHq', 0x1A2B3C4D, 1, 0, -1))
    out += block(1, struct.pack(order + 'HHI', link, 0, 262144))
    for seconds, fraction, wire, data in records:
        time = seconds * 1000000 + fraction
        out += block(6, struct.pack(order + 'IIIII', 0, time >> 32, time & 0xFFFFFFFF, len(data), wire)
                     + data)
    return out


def reframe(records, header):
    """IP packets behind another link header; header(version) gives it."""
    out = []
    for seconds, fraction, wire, data in records:
        prefix = header(data[0] >> 4)
        out.append((seconds, fraction, wire + len(prefix), prefix + data))
    return out


def main():
    folder = pathlib.Path(sys.argv[1])
    link, dns = read_pcap(folder / 'dns.pcap')
    raw = read_pcap(folder / 'raw_ip.pcap')[1]
    little = (folder / 'dns.pcap').read_bytes()
    write = lambda name, data: (folder / name).write_bytes(data)

    write('big_endian.pcap', pcap(link, dns, '>'))
    write('big_endian.pcapng', pcapng(link, dns, '>'))
    # Two sections of opposite byte order in one file (pcapng: each section has its own).
    write('two_sections.pcapng', pcapng(link, dns, '<') + pcapng(link, dns, '>'))
    family = {4: 2, 6: 30}  # AF_INET and AF_INET6 of macOS
    write('bsd_null.pcap', pcap(0, reframe(raw, lambda v: struct.pack('<I', family[v]))))
    write('bsd_loop.pcap', pcap(108, reframe(raw, lambda v: struct.pack('>I', family[v]))))
    ppp = {4: 0x0021, 6: 0x0057}
    write('ppp.pcap', pcap(9, reframe(raw, lambda v: struct.pack('>BBH', 0xFF, 3, ppp[v]))))
    ether = {4: 0x0800, 6: 0x86DD}
    write('chdlc.pcap', pcap(104, reframe(raw, lambda v: struct.pack('>BBH', 0x0F, 0, ether[v]))))
    # IEEE 802.11 data frames to the access point, with LLC/SNAP; radiotap of eight bytes, no fields.
    macs = bytes.fromhex('00005e005301' '00005e005364' '00005e005301')
    wifi = lambda v: (struct.pack('<HH', 0x0108, 0) + macs + bytes(2)
                      + bytes.fromhex('aaaa03000000') + struct.pack('>H', ether[v]))
    write('ieee80211.pcap', pcap(105, reframe(raw, wifi)))
    write('radiotap.pcap', pcap(127, reframe(raw, lambda v: struct.pack('<BBHI', 0, 0, 8, 0) + wifi(v))))
    write('unknown_link.pcap', pcap(147, dns))  # DLT_USER0: to be refused by its name

    write('truncated.pcap', little[:-30])  # ends inside the last packet
    write('truncated_header.pcap', little[:24] + little[24:24 + 16 + len(dns[0][3])] + bytes(7))
    ahead = 24 + sum(16 + len(r[3]) for r in dns[:5])
    write('corrupt.pcap', little[:ahead + 8] + struct.pack('<I', 0xFFFFFFF0) + little[ahead + 12:])
    blocks = pcapng(link, dns[:6], '<')
    last = len(blocks) - struct.unpack('<I', blocks[-4:])[0]
    write('corrupt.pcapng', blocks[:last + 4] + struct.pack('<I', 7) + blocks[last + 8:])
    write('not_a_capture.pcap', b'This file is not a capture.\n')


main()
