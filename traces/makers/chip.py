# SPDX-License-Identifier: MIT
"""The chip of a card: power, protocol, selection and files (EMV 4.4 Book 1, 11 and 12; ISO/IEC 7816-4).

Whatever it is asked, it answers with a status word.
"""

from __future__ import annotations

from random import Random

from cardlib.core.apdu import parse_command
from cardlib.core.errors import NotVerifiable
from cardlib.core.model import Command

from .personal import joined, personalise, tlv
from .profile import Profile

LOG_SFI = 11
SECURE = (0x84, 0x8C)
COMMANDS: dict[int, tuple[tuple[int, ...], str]] = {  # INS: the classes it has, who answers
    **{0xA4: ((0x00,), "select"), 0xB2: ((0x00,), "read_record"), 0xCA: ((0x80,), "get_data")},
    **{0x84: ((0x00,), "get_challenge"), 0xA8: ((0x80,), "get_processing_options")},
    **{
        0x88: ((0x00,), "internal_authenticate"),
        0xAE: ((0x80,), "generate_ac"),
        0x20: ((0x00,), "verify"),
    },
    **{0x82: ((0x00,), "external_authenticate"), 0x2A: ((0x80,), "compute_checksum")},
    **{
        0xEA: ((0x80,), "exchange_relay"),
        **dict.fromkeys((0x24, 0x1E, 0x18, 0x16), (SECURE, "script")),
    },
}


class Refused(Exception):
    """The answer is a status word, with or without data."""

    def __init__(self, sw: int, data: bytes = b"") -> None:
        super().__init__(f"{sw:04X}")
        self.sw, self.data = sw, data


class Chip:
    """A card made from a profile; `seed` is that of its random numbers."""

    def __init__(self, profile: Profile, seed: int = 0) -> None:
        self.profile, self.rng = profile, Random(f"card {seed}")
        self.data = personalise(profile)
        self.tries, self.state = profile.tries, profile.state
        self.data["9F36"] = profile.atc.to_bytes(2, "big")
        self.log: list[bytes] = []
        self.power_on()

    def power_on(self) -> bytes:
        """All that belongs to a session is forgotten; returns the ATR."""
        self.waiting = b""
        self.stage = "idle"  # idle, selected, initiated, online (an ARQC was given), done
        self.directory, self.challenge = False, b""
        self._begin()
        return self.profile.atr

    def _begin(self) -> None:
        """All that belongs to a transaction is forgotten."""

    def answer(self, raw: bytes) -> bytes:
        """The R-APDU to any bytes; over T=0 in its manner, with 61XX and 6CXX."""
        if len(raw) < 4:
            return b"\x67\x00"
        command = parse_command(raw)
        if command.ins == 0xC0 and self.profile.protocol == "T=0":
            return self._rest(command)
        self.waiting = b""
        try:
            data, sw = self._act(command), 0x9000
        except Refused as refused:
            data, sw = refused.data, refused.sw
        except NotVerifiable:
            data, sw = b"", 0x6A80
        return self._delivered(command, data, sw)

    def _act(self, command: Command) -> bytes:
        if command.error:
            raise Refused(0x6700)
        if command.ins not in COMMANDS:
            raise Refused(0x6D00)
        cla, name = COMMANDS[command.ins]
        if command.cla not in cla:
            raise Refused(0x6E00)
        if command.ins != 0x84 and not (command.ins == 0x20 and command.p2 == 0x88):
            self.challenge = b""
        answered: bytes = getattr(self, name)(command)
        return answered

    def _delivered(self, command: Command, data: bytes, sw: int) -> bytes:
        """Data and status word; over T=0 the data of a case 4 command wait, those of case 2 want the right Le."""
        if self.profile.protocol == "T=0" and data and sw == 0x9000:
            if command.data:
                self.waiting, data, sw = data, b"", 0x6100 | len(data) & 0xFF
            elif command.le != len(data):
                data, sw = b"", 0x6C00 | len(data) & 0xFF
        return data + sw.to_bytes(2, "big")

    def _rest(self, command: Command) -> bytes:
        """GET RESPONSE."""
        data = self.waiting
        if not data:
            return b"\x69\x85"
        if command.le is None or command.le > len(data):
            return bytes((0x6C, len(data) & 0xFF))
        self.waiting = data[command.le :]
        more = len(self.waiting)
        return data[: command.le] + (bytes((0x61, more & 0xFF)) if more else b"\x90\x00")

    def own(self, tag: str) -> bytes:
        """A data element; a card that was personalised without it refuses."""
        if tag not in self.data:
            raise Refused(0x6A88)
        return self.data[tag]

    def need(self, *stages: str) -> None:
        """Refuse a command at the wrong time."""
        if self.stage not in stages:
            raise Refused(0x6985)

    # ------------------------------------------------------------ selection and files

    def select(self, command: Command) -> bytes:
        """SELECT by name: the directory, or the application by at least 5 bytes of its AID."""
        if self.state == "card blocked":
            raise Refused(0x6A81)
        if command.p1 != 4 or command.p2 not in (0, 2):
            raise Refused(0x6A86)
        name = self.profile.directory.encode()
        self.directory = bool(name) and command.data == name
        if self.directory:
            self.stage = "idle"
            return tlv("6F", tlv("84", name) + tlv("A5", self._entries(name)))
        if command.p2 or len(command.data) < 5 or not self.profile.aid.startswith(command.data):
            raise Refused(0x6A82)
        self.stage = "selected"
        self._begin()
        issuer = tlv("BF0C", joined(self.data, ("9F4D",))) if "9F4D" in self.data else b""
        shown = joined(self.data, self.profile.records.get("FCI", ("50", "87", "9F38")))
        fci = tlv("6F", tlv("84", self.profile.aid) + tlv("A5", shown + issuer))
        if self.state == "application blocked":
            raise Refused(0x6283, fci)
        return fci

    def _entries(self, name: bytes) -> bytes:
        """What the directory says: the entry itself (PPSE), or in which file it is (PSE)."""
        return (
            tlv("BF0C", self._entry())
            if name.startswith(b"2")
            else tlv("88", b"\1") + tlv("5F2D", b"ende")
        )

    def _entry(self) -> bytes:
        return tlv("61", tlv("4F", self.profile.aid) + joined(self.data, ("50", "87", "9F2A")))

    def read_record(self, command: Command) -> bytes:
        """READ RECORD: of the directory, the application, or the log, newest first."""
        sfi, number = command.p2 >> 3, command.p1
        if command.p2 & 7 != 4 or not number:
            raise Refused(0x6A86)
        if self.directory and sfi == 1:
            if number > 1:
                raise Refused(0x6A83)
            return tlv("70", self._entry())
        if self.stage == "idle":
            raise Refused(0x6985)
        if sfi == LOG_SFI and "9F4D" in self.data:
            if number > len(self.log):
                raise Refused(0x6A83)
            return self.log[-number]
        tags = self.profile.records.get(f"{sfi}.{number}")
        if tags is None:
            there = any(place.startswith(f"{sfi}.") for place in self.profile.records)
            raise Refused(0x6A83 if there else 0x6A82)
        return tlv("70", joined(self.data, tags))

    def get_data(self, command: Command) -> bytes:
        """GET DATA: counters and the format of the log."""
        tag = f"{command.p1:02X}{command.p2:02X}"
        self.need("selected", "initiated", "online", "done")
        values = {
            "9F17": bytes((self.tries,)),
            "9F36": self.data["9F36"],
            "9F13": self.data.get("9F13", bytes(2)),
        }
        if "9F4F" in self.data:
            values["9F4F"] = self.data["9F4F"]
        if tag not in values:
            raise Refused(0x6A88)
        return tlv(tag, values[tag])

    def get_challenge(self, command: Command) -> bytes:
        """GET CHALLENGE: 8 bytes, for one VERIFY."""
        if command.p1 or command.p2:
            raise Refused(0x6A86)
        self.need("initiated")
        self.challenge = self.rng.randbytes(8)
        return self.challenge
