"""Frames between a guest and its network, as kvm-net sees them."""

import struct

MAC = bytes.fromhex("525400123456")
ROUTER = bytes.fromhex("525500000202")
GUEST, HOST, NAMES = (bytes((10, 0, 2, last)) for last in (15, 2, 3))
RESOLVER = bytes((127, 0, 0, 1))    # fuzz_kvm_net.c


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data[:len(data) & ~1]))
    total += data[-1] << 8 if len(data) % 2 else 0
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ether(kind, body):
    return MAC + ROUTER + struct.pack(">H", kind) + body


def arp(sender=GUEST, target=HOST, operation=1):
    return ether(0x806, struct.pack(">HHBBH", 1, 0x800, 6, 4, operation) +
                 MAC + sender + bytes(6) + target)


def ip_packet(protocol, source, target, body):
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64,
                       protocol, 0) + source + target
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + body


def udp(source, target, ports, data):
    body = struct.pack(">HHHH", *ports, 8 + len(data), 0) + data
    pseudo = source + target + struct.pack(">HH", 17, len(body))
    body = body[:6] + struct.pack(">H", checksum(pseudo + body)) + body[8:]
    return ip_packet(17, source, target, body)


def dhcp(operation, kind, address=bytes(4), options=b""):
    return struct.pack(">BBBBLHH", operation, 1, 6, 0, 0x1234, 0, 0) + \
        bytes(4) + address + bytes(8) + MAC + bytes(10 + 192) + \
        b"\x63\x82\x53\x63" + bytes((53, 1, kind)) + options + b"\xff"


def refusal(source, quoted):
    body = struct.pack(">BBHL", 3, 3, 0, 0) + quoted
    body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
    return ip_packet(1, source, GUEST, body)


def streams():
    """A guest's first words, and what it hears."""
    question = udp(GUEST, NAMES, (40000, 53), b"who is who?")
    asked = udp(GUEST, RESOLVER, (40000, 53), b"who is who?")
    frames = [
        ether(0x800, udp(bytes(4), b"\xff" * 4, (68, 67), dhcp(1, 1))),
        ether(0x800, udp(HOST, b"\xff" * 4, (67, 68),
                         dhcp(2, 5, GUEST, b"\0\1\4\xff\xff\xff\0"))),
        arp(), ether(0x800, question),
        ether(0x800, udp(RESOLVER, GUEST, (53, 40000), b"nobody")),
        ether(0x800, refusal(RESOLVER, asked)),
        ether(0x800, ip_packet(6, RESOLVER, GUEST, bytes(
            (0, 53, 156, 64)) + bytes(16))),
    ]
    whole = b"".join(struct.pack(">L", len(frame)) + frame for frame in frames)
    return [bytes([piece]) + whole for piece in (0, 9, 255)] + \
        [bytes([255]) + whole + b"\xff\xff\xff\xff"]
