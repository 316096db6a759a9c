# SPDX-License-Identifier: MIT
"""A phone in software: it starts with a UICC, authenticates, serves the toolkit, brings messages (ETSI TS 102 221)."""

from __future__ import annotations

from collections.abc import Callable

from cardlib.core import tlv
from cardlib.core.secure import written

from . import applets, messages
from .applets import objects_of

Transmit = Callable[[bytes], bytes]
Answer = tuple[bytes, int]
GET_RESPONSE, MORE = bytes.fromhex("C00000"), 0x61
BY_IDENTIFIER, BY_NAME = "A40004", "A40404"  # SELECT with file control parameters
FIRST_KEYS = b"\x00"  # the number of a set of keys
USIM, ISIM = "A0000000871002", "A0000000871004"
PROFILE = "FFFFFFFF7F9D00DFBF00001F"
CODE = "31323334FFFFFFFF"
READ_FIRST = ("6FB7", "6F05", "6FAD", "6F38", "6F07", "6F78", "6F46", "6F31", "6F7E", "6FE3")
OF_IMS = ("6F02", "6F03", "6F07", "6FAD")
FOUND = (0x90, 0x91)
PLACE = bytes.fromhex("00F11012340001")  # network 001-01, area 1234, cell 0001
BEARER = bytes.fromhex("B50103B90200FF")
SERVER_ANSWER = b"settings 7: nothing new"
BYTES_SENT = bytes.fromhex("B701FF")  # so much more may be sent
CHANNEL_OPEN = bytes.fromhex("B8028100")  # channel 1, link established (TS 102 223, 8.56)


class Phone:
    """A phone; `transmit` is the card as it reaches it."""

    def __init__(self, transmit: Transmit) -> None:
        self.transmit = transmit
        self.profile = bytes.fromhex(PROFILE)

    def send(self, header: str, data: bytes = b"") -> Answer:
        """A command, by its header up to P2 with data, up to P3 without; what waits behind 61XX is fetched at once."""
        command = bytes.fromhex(header)
        if data:
            command += bytes((len(data),)) + data
        answer = self.transmit(command)
        collected = answer[:-2]
        while answer[-2] == MORE:
            answer = self.transmit(command[:1] + GET_RESPONSE + answer[-1:])
            collected += answer[:-2]
        return collected, int.from_bytes(answer[-2:])

    def select(self, name: str, cla: str = "00") -> bytes:
        """SELECT a file or an application; its template, empty where it is not there."""
        how = BY_IDENTIFIER
        if len(name) > len("3F00"):
            how = BY_NAME
        data, sw = self.send(cla + how, bytes.fromhex(name))
        if sw >> 8 not in FOUND:
            return b""
        return data

    def read(self, name: str, cla: str = "00") -> list[bytes]:
        """A file with all of its records; nothing where it is not there or may not be read."""
        template = self.select(name, cla)
        if not template:
            return []
        objects = _control(template)
        size = int.from_bytes(objects["80"])
        descriptor = objects["82"]
        if len(descriptor) < 5:
            content, _ = self.send(f"{cla}B00000{size:02X}")
            return [content]
        record_size, count = descriptor[3], descriptor[4]
        records = []
        for number in range(1, count + 1):
            record, _ = self.send(f"{cla}B2{number:02X}04{record_size:02X}")
            records.append(record)
        return records

    def start(self) -> None:
        """From power-up to the service: the card, its applications, the PIN, the files of the USIM."""
        self.select("3F00")
        self.read("2FE2")
        self.read("2F05")
        self.read("2F00")
        _, sw = self.send("80100000", self.profile)
        self.serve(sw)
        template = self.select(USIM)
        if _asks_for_code(template):
            self.enter_code()
        self.send("80F2010C00")
        for file in READ_FIRST:
            self.read(file)
        self.select("5FC0")
        self.read("4F07")
        self.select("7FFF")

    def enter_code(self, code: str = CODE) -> None:
        """Ask how many tries are left, then enter the PIN."""
        self.send("00200001")
        self.send("00200001", bytes.fromhex(code))

    def start_ims(self) -> None:
        """The files of the ISIM, on a channel of their own."""
        number, _ = self.send("0070000001")
        cla = f"{number[0]:02X}"
        self.select(ISIM, cla)
        for file in OF_IMS:
            self.read(file, cla)
        self.send(f"007080{cla}00")

    def authenticate(self, challenge: bytes) -> Answer:
        """AUTHENTICATE in the context of 3G."""
        return self.send("00880081", challenge)

    def authenticate_2g(self, challenge: bytes) -> Answer:
        """AUTHENTICATE in the context of 2G: RAND alone."""
        rand = challenge[:17]
        return self.send("00880080", rand)

    def keep_keys(self, answer: bytes) -> None:
        """Store CK and IK on the card, where the next start finds them (3GPP TS 31.102, 5.2.2)."""
        ck_at = 2 + answer[1] + 1
        ck = answer[ck_at : ck_at + 16]
        ik = answer[ck_at + 17 : ck_at + 33]
        self.select("6F08")
        self.send("00D60000", FIRST_KEYS + ck + ik)

    def status(self) -> int:
        """STATUS: is the card still there, and does it want something."""
        return self.send("80F2000C00")[1]

    # ------------------------------------------------------------ toolkit

    def serve(self, sw: int) -> None:
        """Fetch and do what the card asks, until it asks no more."""
        while sw >> 8 == 0x91:
            command, _ = self.send(f"80120000{sw & 0xFF:02X}")
            sw = self._respond(command)

    def _respond(self, command: bytes) -> int:
        """TERMINAL RESPONSE, after what the command asks was done."""
        ((_, _, _, body, stop, _), *_) = tlv.scan(command)
        details = objects_of(command[body:stop])[1]
        kind = details[1]
        answer = written("81", details) + bytes.fromhex("82028281") + written("83", b"\x00")
        answer += self._result(kind)
        _, sw = self.send("80140000", answer)
        if kind == applets.SEND:
            return self._arrived()
        return sw

    def _result(self, kind: int) -> bytes:
        """What belongs to the result of a command (TS 102 223, 6.8)."""
        results = {
            applets.LOCATION: written("93", PLACE),
            applets.OPEN: CHANNEL_OPEN + BEARER,
            applets.SEND: BYTES_SENT,
            applets.RECEIVE: written("B6", SERVER_ANSWER) + written("B7", b"\x00"),
        }
        return results.get(kind, b"")

    def _arrived(self) -> int:
        """The event that data came over the channel (7.5.10)."""
        event = written("99", bytes((applets.DATA_AVAILABLE,))) + bytes.fromhex("82028281")
        event += CHANNEL_OPEN + written("B7", bytes((len(SERVER_ANSWER),)))
        return self._envelope("D6", event)

    def _envelope(self, tag: str, objects: bytes) -> int:
        _, sw = self.send("80C20000", written(tag, objects))
        return sw

    def choose(self, item: int) -> None:
        """The user chooses an item of the menu, and the card does what it is for."""
        chosen = bytes.fromhex("82020181") + written("90", bytes((item,)))
        self.serve(self._envelope("D3", chosen))

    def bring(self, message: bytes) -> None:
        """A message of the network for the card (3GPP TS 31.111, 7.1.1)."""
        centre = written("86", b"\x91" + bytes.fromhex("990900000001"))
        objects = bytes.fromhex("82028381") + centre + written("8B", message)
        self.serve(self._envelope("D1", objects))

    def bring_all(self, packet: bytes) -> None:
        """A packet in as many messages as it needs."""
        for message in messages.delivered(packet):
            self.bring(message)


def _asks_for_code(template: bytes) -> bool:
    """Whether the PIN is enabled: the first bit of the PIN status (11.1.1.4.10)."""
    status = _control(template)["C6"]
    return bool(status[2] & 0x80)


def _control(template: bytes) -> dict[str, bytes]:
    """The objects of file control parameters."""
    objects = {}
    for tag, depth, _, body, stop, _ in tlv.scan(template):
        if depth == 1:
            objects[tag] = template[body:stop]
    return objects
