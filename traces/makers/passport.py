# SPDX-License-Identifier: MIT
"""A passport in software, and an inspection system that reads it (ICAO Doc 9303-10 and -11).

The person is that of the examples in Doc 9303. Keys and random numbers follow from seeds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from random import Random

from cardlib.core.apdu import parse_command, parse_response
from cardlib.core.errors import NotVerifiable
from cardlib.core.model import Command
from cardlib.core.secure import is_protected, written
from cardlib.crypto import bac
from cardlib.crypto.messaging import (
    Channel,
    open_command,
    open_response,
    protect_command,
    protect_response,
)

from . import der
from .rsa_keys import key

Transmit = Callable[[bytes], bytes]

AID = bytes.fromhex("A0000002471001")
ZONE = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"
KEYS_FROM = ("L898902C3", "740812", "120415")
OK = b"\x90\x00"
NOT_FOUND, NO_RIGHT, WRONG, BEYOND, UNKNOWN = 0x6A82, 0x6982, 0x6300, 0x6B00, 0x6D00
NO_MESSAGING = 0x6988
LDS_SECURITY_OBJECT = "678108010101"
COM, SOD = 0x011E, 0x011D
PIECE = 0xDF  # bytes of a file that one answer has room for
HEAD = 4  # bytes that an inspection system reads first, for the length


def files() -> dict[int, bytes]:
    """The files of the passport: DG1, DG2, DG11, DG15, then EF.COM and EF.SOD over them."""
    groups = {
        1: written("61", written("5F1F", ZONE.encode())),
        2: written("75", face()),
        11: written("6B", _person()),
        15: written("6F", der.public_key(key("passport chip"))),
    }
    return issued(groups)


def issued(groups: dict[int, bytes]) -> dict[int, bytes]:
    """Data groups by their numbers, as files; EF.COM lists them, EF.SOD signs them."""
    listed = bytes(content[0] for content in groups.values())
    common = written("5F01", b"0107") + written("5F36", b"040000") + written("5C", listed)
    result = {0x0100 + group: content for group, content in groups.items()}
    result[COM] = written("60", common)
    result[SOD] = written("77", _security_object(groups))
    return result


def face() -> bytes:
    """One face: header, then a picture that is none (ISO/IEC 19794-5)."""
    header = "800201018101028201008702010188020008"
    picture = (
        bytes.fromhex("FFD8FFE0") + bytes(Random("a face").randbytes(600)) + bytes.fromhex("FFD9")
    )
    block = 32 + len(picture)
    record = b"FAC\0" + b"010\0" + (14 + block).to_bytes(4) + b"\0\1"
    record += block.to_bytes(4) + b"\0\0" + bytes.fromhex("0102030000000000000000000000")
    record += bytes.fromhex("010001E00280010200000000") + picture
    template = written("A1", bytes.fromhex(header)) + written("5F2E", record)
    return written("7F61", bytes.fromhex("020101") + written("7F60", template))


def _person() -> bytes:
    """More about the person: name, place of birth, address, telephone."""
    fields = {
        "5F0E": "ERIKSSON<<ANNA<MARIA",
        "5F11": "ZENITH<UTOPIA",
        "5F42": "1 SPECIMEN ROAD<ZENITH",
        "5F12": "+99 1 5550100",
    }
    listed = written("5C", bytes.fromhex("".join(fields)))
    return listed + b"".join(written(tag, text.encode()) for tag, text in fields.items())


def _security_object(groups: dict[int, bytes]) -> bytes:
    """The hashes of the data groups, signed by a document signer (Doc 9303-10, 4.6.2)."""
    hashes = []
    for group, content in groups.items():
        digest = hashlib.sha256(content).digest()
        hashes.append(der.sequence(der.number(group), written("04", digest)))
    content = der.sequence(der.number(0), der.algorithm(der.SHA256), der.sequence(*hashes))
    country, signer = der.name("UT", "Utopia CSCA"), der.name("UT", "Utopia document signer")
    sealed = der.certificate(key("country signer"), country, key("document signer"), signer, 7)
    return der.signed(LDS_SECURITY_OBJECT, content, key("document signer"), sealed, country, 7)


class Passport:
    """The chip: basic access control, secure messaging, active authentication."""

    def __init__(self, seed: int, content: dict[int, bytes] | None = None) -> None:
        self.random = Random(seed)
        self.files = files() if content is None else content
        self.zone = bac.mrz_information(*KEYS_FROM)
        self.challenge = b""
        self.channel: Channel | None = None
        self.selected = False
        self.file = 0

    def answer(self, raw: bytes) -> bytes:
        """What the chip answers to a command."""
        command = parse_command(raw)
        if not is_protected(command):
            self.channel = None
            return self._in_clear(command)
        if self.channel is None:
            return status(NO_MESSAGING)
        state = self.channel.next
        try:
            plain = open_command(state, command)
        except NotVerifiable:
            self.channel = None
            return status(NO_MESSAGING)
        self.channel = state.next
        return protect_response(self.channel, self._inside(plain))

    def _in_clear(self, command: Command) -> bytes:
        if command.ins == 0xA4 and command.data == AID:
            self.selected = True
            return OK
        if command.ins == 0x84 and self.selected:
            self.challenge = self.random.randbytes(8)
            return self.challenge + OK
        if command.ins == 0x82 and self.challenge:
            return self._authenticate(command.data)
        if command.ins in (0xA4, 0xB0):
            return status(NO_RIGHT)
        return status(UNKNOWN)

    def _authenticate(self, data: bytes) -> bytes:
        """Mutual authentication (Doc 9303-11, 4.3.3)."""
        try:
            sent = bac.opened_authentication(self.zone, data)
        except NotVerifiable:
            return status(WRONG)
        if sent[8:16] != self.challenge:
            return status(WRONG)
        answered = self.challenge + sent[:8] + self.random.randbytes(16)
        self.channel = bac.authentication(sent, answered).session()
        return bac.closed_authentication(self.zone, answered) + OK

    def _inside(self, command: Command) -> bytes:
        if command.ins == 0xA4:
            self.file = int.from_bytes(command.data)
            return OK if self.file in self.files else status(NOT_FOUND)
        if command.ins == 0xB0:
            return self._read(command)
        if command.ins == 0x88:
            return self._prove(command.data) + OK
        return status(UNKNOWN)

    def _read(self, command: Command) -> bytes:
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            self.file = 0x0100 | command.p1 & 0x1F
            offset = command.p2
        if self.file not in self.files:
            return status(NOT_FOUND)
        content = self.files[self.file]
        if offset >= len(content):
            return status(BEYOND)
        return content[offset : offset + (command.le or 0)] + OK

    def _prove(self, challenge: bytes) -> bytes:
        """Active authentication with RSA: ISO/IEC 9796-2, scheme 1 (Doc 9303-11, 6.1)."""
        chip = key("passport chip")
        own = self.random.randbytes(chip.size - 22)
        return chip.sign(own, challenge)


def status(word: int) -> bytes:
    return word.to_bytes(2)


class Inspection:
    """An inspection system that has read the machine-readable zone."""

    def __init__(self, transmit: Transmit, seed: int) -> None:
        self.transmit = transmit
        self.random = Random(seed)
        self.zone = bac.mrz_information(*KEYS_FROM)
        self.channel: Channel | None = None

    def begin(self) -> bool:
        """Select the application and open the channel; False where the chip does not accept the zone."""
        self.transmit(bytes.fromhex("00A4040C07") + AID)
        challenge = self.transmit(bytes.fromhex("0084000008"))[:-2]
        sent = self.random.randbytes(8) + challenge + self.random.randbytes(16)
        data = bac.closed_authentication(self.zone, sent)
        answer = self.transmit(bytes.fromhex("0082000028") + data + b"\x28")
        if not answer.endswith(OK):
            return False
        answered = bac.opened_authentication(self.zone, answer[:-2])
        self.channel = bac.authentication(sent, answered).session()
        return True

    def send(self, plain: bytes) -> bytes:
        """A command through the channel; its answer in clear."""
        assert self.channel is not None
        state = self.channel.next
        answer = self.transmit(protect_command(state, plain))
        self.channel = state.next
        return open_response(self.channel, parse_response(answer)).raw

    def read(self, file: int) -> bytes:
        """A whole file: its first bytes say how long it is."""
        self.send(bytes.fromhex("00A4020C02") + file.to_bytes(2))
        content = self.send(bytes.fromhex("00B00000") + bytes((HEAD,)))[:-2]
        size = _declared(content)
        while len(content) < size:
            wanted = min(PIECE, size - len(content))
            header = bytes.fromhex("00B0") + len(content).to_bytes(2)
            content += self.send(header + bytes((wanted,)))[:-2]
        return content

    def challenge(self) -> bytes:
        """Ask the chip for active authentication."""
        return self.send(bytes.fromhex("0088000008") + self.random.randbytes(8) + b"\0")


def _declared(head: bytes) -> int:
    """How long a file is by its tag and length."""
    if head[1] < 0x80:
        return 2 + head[1]
    size = head[1] & 0x7F
    return 2 + size + int.from_bytes(head[2 : 2 + size])
