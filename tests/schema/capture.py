"""Captures of TCP streams for tests of the dissector: pcap files with Ethernet, IPv4 and TCP of our own making."""

import struct

CLIENT, VENUE = (bytes([10, 0, 0, 1]), 40000), (bytes([10, 0, 0, 2]), 7001)


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Capture:
    """Segments of one connection; each call of send() is one packet."""

    def __init__(self, venue_port=VENUE[1]):
        self.client, self.venue = CLIENT, (VENUE[0], venue_port)
        self.next_sequence = {self.client: 1000, self.venue: 2000}
        self.packets = []
        self._add(self.client, self.venue, b"", 0x02)
        self._add(self.venue, self.client, b"", 0x12)
        self._add(self.client, self.venue, b"", 0x10)

    def send(self, data, from_venue=False):
        source, target = (self.venue, self.client) if from_venue else (self.client, self.venue)
        self._add(source, target, data, 0x18)

    def _add(self, source, target, data, flags):
        sequence, acknowledged = self.next_sequence[source], self.next_sequence[target] if flags & 0x10 else 0
        tcp = struct.pack(">HHIIBBHHH", source[1], target[1], sequence, acknowledged, 0x50, flags, 65535, 0, 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), len(self.packets), 0x4000, 64, 6, 0, source[0], target[0])
        ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
        self.packets.append(bytes(12) + b"\x08\x00" + ip + tcp + data)
        self.next_sequence[source] += len(data) + (flags & 0x02 != 0)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for number, packet in enumerate(self.packets):
                file.write(struct.pack("<IIII", 1_700_000_000, number, len(packet), len(packet)) + packet)
