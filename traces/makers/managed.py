# SPDX-License-Identifier: MIT
"""A card with card management in software: its secure channel, registry, keys and life cycle (GlobalPlatform 2.3.1).

Keys are made up. The card checks every MAC with the functions that check them in captures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from cardlib.apps.channel import Channel, opened_command
from cardlib.core.apdu import is_secure, parse_command
from cardlib.core.model import Command
from cardlib.crypto import blocks, scp02, scp03
from cardlib.crypto.channels import StaticKeys
from cardlib.crypto.static_keys import Greeting, Match, session_of

OK, SECURITY, REFUSED, NOT_FOUND, UNKNOWN, WRONG_DATA = (
    b"\x90\x00",
    b"\x69\x82",
    b"\x63\x00",
    b"\x6a\x82",
    b"\x6d\x00",
    b"\x6a\x80",
)
ISD = bytes.fromhex("A000000151000000")
OP_READY, INITIALIZED, SECURED = 0x01, 0x07, 0x0F
SCP02_OPTION, SCP03_OPTION = 0x55, 0x70
GP_OID, SCHEME_OID = bytes.fromhex("2A864886FC6B01"), bytes.fromhex("2A864886FC6B03")
VERSION_OID, PROTOCOL_OID = bytes.fromhex("2A864886FC6B02020203"), bytes.fromhex("2A864886FC6B04")


def tlv(tag: str, value: bytes) -> bytes:
    """A data object with a length of one or two bytes."""
    length = bytes([len(value)])
    if len(value) > 0x7F:
        length = b"\x81" + length
    return bytes.fromhex(tag) + length + value


@dataclass
class Profile:
    """What a card is when it comes from the factory."""

    keys: StaticKeys
    protocol: int
    key_version: int
    card_data: bytes
    serial: bytes
    aid: bytes = ISD
    counter: int = 1
    life_cycle: int = OP_READY
    accepts_anything: bool = False


@dataclass
class ManagedCard:
    """One card: `registry` has the AIDs of load files and applications, `stored` the blocks of STORE DATA."""

    profile: Profile
    seed: int
    channel: Channel | None = None
    registry: dict[bytes, int] = field(default_factory=dict)
    stored: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.life_cycle = self.profile.life_cycle
        self.counter = self.profile.counter
        self.key_version = self.profile.key_version

    def answer(self, raw: bytes) -> bytes:
        """What the card answers to a command."""
        command = parse_command(raw)
        if command.ins == 0xA4:
            self.channel = None
            return self._select(command)
        if command.ins == 0x50:
            return self._initialize(command)
        if command.ins == 0x82:
            return self._authenticate(command)
        if command.ins == 0xCA:
            return self._get_data(command)
        return self._managed(command)

    def _select(self, command: bytes | Command) -> bytes:
        proprietary = tlv("9F65", b"\xff")
        return tlv("6F", tlv("84", self.profile.aid) + tlv("A5", proprietary)) + OK

    def _initialize(self, command: Command) -> bytes:
        profile = self.profile
        counter = self.counter
        self.counter += 1
        size, option = 2, 0
        challenge = self.random.randbytes(6)
        head = profile.card_data + bytes([self.key_version, profile.protocol])
        if profile.protocol == scp03.PROTOCOL:
            size, option = 3, SCP03_OPTION
            counted = counter.to_bytes(3, "big")
            challenge = scp03.pseudo_random_challenge(profile.keys.enc, counted, profile.aid)
        counted = counter.to_bytes(size, "big")
        greeting = Greeting(
            command.data,
            profile.card_data,
            self.key_version,
            profile.protocol,
            option,
            counted,
            challenge,
            bytes(8),
        )
        session = session_of(greeting, profile.keys)
        greeting = replace(greeting, cryptogram=session.card_cryptogram)
        self.channel = Channel(greeting, Match(session), session)
        if profile.protocol == scp03.PROTOCOL:
            return head + bytes([option]) + challenge + greeting.cryptogram + counted + OK
        return head + counted + challenge + greeting.cryptogram + OK

    def _authenticate(self, command: Command) -> bytes:
        channel = self.channel
        if channel is None:
            return SECURITY
        opened, session = channel.session.authenticated(command.raw[:4], command.data)
        is_host = opened.data == session.host_cryptogram and bool(opened.is_right)
        if not is_host and not self.profile.accepts_anything:
            self.channel = None
            return REFUSED
        self.channel = replace(channel, session=session, level=command.p1)
        return OK

    def _get_data(self, command: Command) -> bytes:
        objects: dict[tuple[int, int], Callable[[], bytes]] = {
            (0x9F, 0x7F): self._production,
            (0x00, 0x66): self._recognition,
            (0x00, 0xE0): self._key_information,
        }
        content = objects.get((command.p1, command.p2))
        if content is None:
            return b"\x6a\x88"
        return content() + OK

    def _production(self) -> bytes:
        head = bytes.fromhex("479050374791007800006133") + self.profile.serial
        rest = bytes.fromhex("1424" + "47916133" + "47926133" + "47936134") + self.profile.serial
        return tlv("9F7F", head + rest + bytes.fromhex("4794613501A20017"))

    def _recognition(self) -> bytes:
        option = SCP03_OPTION if self.profile.protocol == scp03.PROTOCOL else SCP02_OPTION
        protocol = PROTOCOL_OID + bytes([self.profile.protocol, option])
        objects = tlv("06", GP_OID) + tlv("60", tlv("06", VERSION_OID))
        objects += tlv("63", tlv("06", SCHEME_OID)) + tlv("64", tlv("06", protocol))
        return tlv("66", tlv("73", objects))

    def _key_information(self) -> bytes:
        kind = 0x88 if self.profile.protocol == scp03.PROTOCOL else 0x80
        keys = [bytes([number, self.key_version, kind, 16]) for number in (1, 2, 3)]
        return tlv("E0", b"".join(tlv("C0", key) for key in keys))

    def _managed(self, command: Command) -> bytes:
        """A command that needs the host to have authenticated."""
        channel = self.channel
        if channel is None or channel.level is None:
            return SECURITY
        if not is_secure(command.cla):
            if channel.level and not self.profile.accepts_anything:
                return SECURITY
            return self._done(command)
        opened, session = opened_command(channel, command)
        self.channel = replace(channel, session=session)
        if opened.data is None or not opened.is_right:
            self.channel = None
            return SECURITY
        plain = self._done(replace(command, data=opened.data))
        data, status = plain[:-2], plain[-2:]
        if isinstance(session, scp03.Session) and status == OK:
            data = session.wrap_answer(data, status)
        return data + status

    def _done(self, command: Command) -> bytes:
        handlers: dict[int, Callable[[Command], bytes]] = {
            0xE6: self._install,
            0xE8: self._confirm,
            0xE4: self._delete,
            0xE2: self._store,
            0xD8: self._put_key,
            0xF0: self._set_status,
            0xF2: self._get_status,
        }
        handler = handlers.get(command.ins)
        if handler is None:
            return UNKNOWN
        return handler(command)

    def _confirm(self, command: Command) -> bytes:
        return b"\x00" + OK

    def _install(self, command: Command) -> bytes:
        data = command.data
        names = []
        place = 0
        for _ in range(3):
            size = data[place]
            names.append(data[place + 1 : place + 1 + size])
            place += 1 + size
        if command.p1 & 0x02:
            self.registry[names[0]] = 0x01
        if command.p1 & 0x04:
            self.registry[names[2]] = 0x07
        return self._confirm(command)

    def _delete(self, command: Command) -> bytes:
        aid = command.data[2:]
        if aid not in self.registry:
            return NOT_FOUND
        del self.registry[aid]
        return self._confirm(command)

    def _store(self, command: Command) -> bytes:
        self.stored.append(command.data)
        return OK

    def _put_key(self, command: Command) -> bytes:
        """New keys, whose check values the card computes again where it is careful."""
        session = self.channel.session if self.channel else None
        data = command.data
        answer = data[:1]
        place = 1
        while place < len(data):
            start = place + 3 if data[place] == 0x88 else place + 2
            value = data[start : start + 16]
            stated = data[start + 17 : start + 20]
            key = session.decipher_key(value)
            computed = blocks.aes_kcv(key) if data[place] == 0x88 else blocks.kcv(key)
            if computed != stated and not self.profile.accepts_anything:
                return WRONG_DATA
            answer += stated if self.profile.accepts_anything else computed
            place = start + 20
        self.key_version = data[0]
        return answer + OK

    def _set_status(self, command: Command) -> bytes:
        self.life_cycle = command.p2
        return OK

    def _get_status(self, command: Command) -> bytes:
        if command.p1 == 0x80:
            entry = tlv("4F", self.profile.aid) + tlv("9F70", bytes([self.life_cycle]))
            return tlv("E3", entry + tlv("C5", b"\x9e\xfe\x80")) + OK
        entries = b""
        for aid, state in self.registry.items():
            if (state == 0x01) is (command.p1 == 0x20):
                entry = tlv("4F", aid) + tlv("9F70", bytes([state])) + tlv("C5", b"\x00")
                entries += tlv("E3", entry)
        return entries + OK if entries else b"\x6a\x88"


def of_one_key(key: bytes) -> StaticKeys:
    """Three keys that are the same."""
    return StaticKeys(key, key, key)


PROTOCOLS = {"SCP02": scp02.PROTOCOL, "SCP03": scp03.PROTOCOL}
