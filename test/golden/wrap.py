#!/usr/bin/env python3
"""A tunnel endpoint in user space, for kernels without the tunnel's own driver.

Creates a TUN or TAP device and moves its packets to and from a peer inside one encapsulation.
record.sh runs one in the client and one in the router; real programs then talk through it.

  wrap.py DEVICE MODE UNDER LOCAL REMOTE
    MODE  vlan:ID  qinq:OUTER:INNER  mpls:LABEL[:LABEL]  pppoe:SESSION   LOCAL, REMOTE: MAC
          ip  gre  gretap  gtpu:TEID                                     LOCAL, REMOTE: IPv4 or IPv6
"""
import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
VLAN_VALID, VLAN_TPID_VALID = 0x10, 0x40
IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_GRE = 4, 41, 47


def open_device(name, tap):
    fd = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH', name.encode(), (2 if tap else 1) | 0x1000))
    return fd


def version(packet):
    return packet[0] >> 4


class Frames:
    """Carriers that are Ethernet frames on the underlying device."""

    def __init__(self, mode, arguments, under, local, remote):
        self.addresses = [bytes.fromhex(mac.replace(':', '')) for mac in (remote, local)]
        numbers = [int(a) for a in arguments]
        self.mode, self.tap = mode, mode in ('vlan', 'qinq')
        if mode == 'vlan':
            self.header = struct.pack('!HH', 0x8100, numbers[0])
        elif mode == 'qinq':
            self.header = struct.pack('!HHHH', 0x88A8, numbers[0], 0x8100, numbers[1])
        elif mode == 'mpls':
            last = len(numbers) - 1
            self.header = struct.pack('!H', 0x8847) + b''.join(
                struct.pack('!I', label << 12 | (i == last) << 8 | 64)
                for i, label in enumerate(numbers))
        else:
            self.header = struct.pack('!HBBH', 0x8864, 0x11, 0, numbers[0])
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.bind((under, 0))
        self.sockets = [self.socket]

    def send(self, packet):
        if self.tap:
            self.socket.send(packet[:12] + self.header + packet[12:])
            return
        if self.mode == 'pppoe':
            protocol = 0x0021 if version(packet) == 4 else 0x0057
            packet = struct.pack('!HH', len(packet) + 2, protocol) + packet
        remote, local = self.addresses
        self.socket.send(remote + local + self.header + packet)

    def receive(self, _):
        frame, control, _, address = self.socket.recvmsg(65536, 64)
        if address[2] == PACKET_OUTGOING:
            return None
        for _, _, data in control:  # the kernel takes the outermost tag out of the frame
            status, _, _, _, _, tci, tpid = struct.unpack('IIIHHHH', data[:20])
            if status & VLAN_VALID:
                tpid = tpid if status & VLAN_TPID_VALID else 0x8100
                frame = frame[:12] + struct.pack('!HH', tpid, tci) + frame[12:]
        end = 12 + len(self.header)
        if frame[12:end] != self.header:
            return None
        if self.tap:
            return frame[:12] + frame[end:]
        if self.mode == 'pppoe':
            length, _ = struct.unpack('!HH', frame[end:end + 4])
            return frame[end + 4:end + 2 + length]
        return frame[end:]


class Datagrams:
    """Carriers that are IP packets between two addresses."""

    def __init__(self, mode, arguments, _, local, remote):
        self.mode, self.tap, self.remote = mode, mode == 'gretap', remote
        self.family = socket.AF_INET6 if ':' in local else socket.AF_INET
        self.teid = int(arguments[0]) if arguments else 0
        if mode == 'gtpu':
            self.sockets = [socket.socket(self.family, socket.SOCK_DGRAM)]
        else:
            numbers = [IPPROTO_IPIP, IPPROTO_IPV6] if mode == 'ip' else [IPPROTO_GRE]
            self.sockets = [socket.socket(self.family, socket.SOCK_RAW, n) for n in numbers]
        for s in self.sockets:
            s.bind((local, 2152 if mode == 'gtpu' else 0))

    def send(self, packet):
        target = (self.remote, 2152 if self.mode == 'gtpu' else 0)
        if self.mode == 'ip':
            self.sockets[version(packet) == 6].sendto(packet, target)
            return
        if self.mode == 'gtpu':
            header = struct.pack('!BBHI', 0x30, 0xFF, len(packet), self.teid)
        elif self.tap:
            header = struct.pack('!HH', 0, 0x6558)
        else:
            header = struct.pack('!HH', 0, 0x0800 if version(packet) == 4 else 0x86DD)
        self.sockets[0].sendto(header + packet, target)

    def receive(self, ready):
        packet, address = ready.recvfrom(65536)
        if address[0] != self.remote:
            return None
        if self.mode == 'gtpu':
            return packet[8:]
        if self.family == socket.AF_INET:  # raw IPv4 sockets give the outer header too
            packet = packet[(packet[0] & 15) * 4:]
        return packet if self.mode == 'ip' else packet[4:]


def main():
    name, spec, *rest = sys.argv[1:]
    mode, *arguments = spec.split(':')
    kind = Frames if mode in ('vlan', 'qinq', 'mpls', 'pppoe') else Datagrams
    carrier = kind(mode, arguments, *rest)
    device = open_device(name, carrier.tap)
    while True:
        for ready in select.select([device, *carrier.sockets], [], [])[0]:
            if ready == device:
                carrier.send(os.read(device, 65536))
            else:
                packet = carrier.receive(ready)
                if packet:
                    try:
                        os.write(device, packet)
                    except OSError:  # the peer was quicker: this device is not up yet
                        pass


main()
