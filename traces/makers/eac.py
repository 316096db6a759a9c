# SPDX-License-Identifier: MIT
"""A passport of today in software, and its inspection: PACE, chip authentication, active authentication on a curve.

ICAO Doc 9303-11, 4.4, 6.1 and 6.2. All on brainpoolP256r1. The terminal has the same private keys in every trace, and
they stand in keyring.toml: without them nobody can open what it said.
"""

from __future__ import annotations

import hashlib

from cardlib.core import tlv
from cardlib.core.errors import NotVerifiable
from cardlib.core.model import Command
from cardlib.core.secure import written
from cardlib.crypto import pace
from cardlib.crypto.blocks import aes_encrypt
from cardlib.crypto.chip import chip_session
from cardlib.crypto.curves import Curve, domain_of
from cardlib.crypto.messaging import Channel

from . import der
from .passport import (
    AID,
    NO_RIGHT,
    OK,
    WRONG,
    ZONE,
    Inspection,
    Passport,
    Transmit,
    face,
    issued,
    status,
)
from .rsa_keys import TERMINAL_KEYS

DOMAIN = 13  # brainpoolP256r1 (Doc 9303-11, table 6)
_DOMAIN_CURVE = domain_of(DOMAIN)
assert isinstance(_DOMAIN_CURVE, Curve)
CURVE = _DOMAIN_CURVE
METHOD = pace.method_of(bytes.fromhex("04007F00070202040202"))
CHIP_METHOD = bytes.fromhex("04007F00070202030202")  # chip authentication, ECDH, AES-128
CARD_ACCESS = 0x011C
STANDARD_DOMAIN, CURVE_KEY = "04007F00070102", "04007F000702020102"
ACTIVE, PLAIN_ECDSA_SHA256 = "678108010105", "04007F00070101040103"
EMPTY = bytes.fromhex("7C00")
STEP, LAST_STEP = bytes.fromhex("10860000"), bytes.fromhex("00860000")
SET_PACE, SET_CHIP = bytes.fromhex("0022C1A4"), bytes.fromhex("002241A4")


def private(name: str) -> int:
    """A private key by its name."""
    seed = f"cardlib test key {name}"
    digest = hashlib.sha256(seed.encode()).digest()
    return int.from_bytes(digest) % CURVE.n


def public(number: int, base: tuple[int, int] = CURVE.base) -> bytes:
    """The public half of a private key."""
    return CURVE.written(CURVE.times(number, base))


def _point_info(name: str) -> bytes:
    """A SubjectPublicKeyInfo of a curve by its name (RFC 5480, 2)."""
    kind = der.sequence(der.identifier("2A8648CE3D0201"), der.identifier("2B2403030208010107"))
    return der.sequence(kind, written("03", b"\0" + public(private(name))))


def _info(identifier: bytes, *numbers: int) -> bytes:
    """A SecurityInfo of numbers."""
    return der.sequence(written("06", identifier), *map(der.number, numbers))


def card_access() -> bytes:
    """What the chip says to everybody: its method of PACE."""
    return der.set_of(_info(METHOD.identifier, 2, DOMAIN))


def files(chip: str = "passport chip") -> dict[int, bytes]:
    """The files: DG1, DG2, DG14, DG15, then EF.COM and EF.SOD over them; and EF.CardAccess."""
    zone = written("5F1F", ZONE.encode())
    signing_key = _point_info(f"{chip}, signing")
    groups = {
        1: written("61", zone),
        2: written("75", face()),
        14: written("6E", _options(chip)),
        15: written("6F", signing_key),
    }
    content = issued(groups)
    content[CARD_ACCESS] = card_access()
    return content


def _options(chip: str) -> bytes:
    """What DG14 lists: PACE, chip authentication with its key, the algorithm of active authentication."""
    standard = der.sequence(der.identifier(STANDARD_DOMAIN), der.number(DOMAIN))
    point = public(private(f"{chip}, agreement"))
    chip_key = der.sequence(standard, written("03", b"\0" + point))
    algorithm = der.identifier(PLAIN_ECDSA_SHA256)
    return der.set_of(
        _info(METHOD.identifier, 2, DOMAIN),
        _info(CHIP_METHOD, 1),
        der.sequence(der.identifier(CURVE_KEY), chip_key),
        der.sequence(der.identifier(ACTIVE), der.number(1), algorithm),
    )


class ModernPassport(Passport):
    """A chip with PACE and chip authentication; `fixed_nonce` is one that gives the same nonce each time.

    `owner` has the private keys of the chip: that of a copy are not those of the files.
    """

    def __init__(self, seed: int, owner: str = "passport chip", fixed_nonce: bytes = b"") -> None:
        super().__init__(seed, files())
        self.owner = owner
        self.fixed_nonce = fixed_nonce
        self.agreement: dict[str, bytes] = {}
        self.base = CURVE.base
        self.own = 0
        self.following: Channel | None = None

    def answer(self, raw: bytes) -> bytes:
        """What the chip answers; after chip authentication the next command has other keys (6.2.4)."""
        response = super().answer(raw)
        if self.following is not None:
            self.channel, self.following = self.following, None
        return response

    def _in_clear(self, command: Command) -> bytes:
        if command.ins == 0xA4 and command.data == CARD_ACCESS.to_bytes(2):
            self.file = CARD_ACCESS
            return OK
        if command.ins == 0xB0 and self.file == CARD_ACCESS:
            return self._read(command)
        if command.raw[:4] == SET_PACE:
            return OK
        if command.ins == 0x86:
            return self._agree(tlv.first(command.data, "81", "83", "85"))
        return super()._in_clear(command)

    def _agree(self, sent: dict[str, bytes]) -> bytes:
        """The steps of PACE (4.4.3)."""
        if "81" in sent:
            return self._map(sent["81"])
        if "83" in sent:
            self.own = self.random.randrange(1, CURVE.n)
            self.agreement = {"83": sent["83"], "84": public(self.own, self.base)}
            return _data("84", self.agreement["84"])
        if "85" in sent:
            return self._token(sent["85"])
        self.nonce = self.fixed_nonce or self.random.randbytes(16)
        password = pace.zone_password(self.zone)
        key = pace.password_key(password, METHOD)
        enciphered = aes_encrypt(key, self.nonce, bytes(16))
        return _data("80", enciphered)

    def _map(self, terminal_key: bytes) -> bytes:
        number = self.random.randrange(1, CURVE.n)
        self.base = pace.mapped_curve(CURVE, self.nonce, number, terminal_key)
        return _data("82", public(number))

    def _token(self, given: bytes) -> bytes:
        """The terminal shows that it has the keys; the chip does so, and the channel begins."""
        terminal_key, chip_key = self.agreement["83"], self.agreement["84"]
        secret = pace.shared_secret(CURVE, self.own, terminal_key)
        channel = pace.session(secret, METHOD)
        if _token(channel, chip_key) != given:
            return status(WRONG)
        self.channel = channel
        return _data("86", _token(channel, terminal_key))

    def _inside(self, command: Command) -> bytes:
        if command.ins == 0xA4 and command.p1 == 4:
            self.selected = command.data == AID
            return OK if self.selected else status(NO_RIGHT)
        if command.raw[:4] == SET_CHIP:
            return OK
        if command.ins == 0x86:
            return self._authenticate_chip(tlv.first(command.data, "80")["80"])
        return super()._inside(command)

    def _authenticate_chip(self, terminal_key: bytes) -> bytes:
        """Chip authentication, version 1: new keys from the static key of the chip (6.2)."""
        number = private(f"{self.owner}, agreement")
        own = number.to_bytes(CURVE.size)
        self.following = chip_session(CHIP_METHOD, CURVE, own, terminal_key)
        return EMPTY + OK

    def _prove(self, challenge: bytes) -> bytes:
        """Active authentication with ECDSA, SHA-256, r and s side by side (6.1.2.3)."""
        hashed = hashlib.sha256(challenge).digest()
        digest = int.from_bytes(hashed)
        number = self.random.randrange(1, CURVE.n)
        point = CURVE.times(number, CURVE.base)
        assert point is not None
        r = point[0] % CURVE.n
        own = private(f"{self.owner}, signing")
        inverse = pow(number, -1, CURVE.n)
        s = inverse * (digest + r * own) % CURVE.n
        size = CURVE.size
        return r.to_bytes(size) + s.to_bytes(size)


def _token(channel: Channel, public_key: bytes) -> bytes:
    """The proof of one side over the public key of the other."""
    return pace.token(channel, METHOD.identifier, public_key, METHOD.agreement)


def _data(tag: str, value: bytes) -> bytes:
    """An answer of GENERAL AUTHENTICATE."""
    return written("7C", written(tag, value)) + OK


class ModernInspection(Inspection):
    """An inspection system that prefers PACE and asks the chip for its proofs."""

    def __init__(self, transmit: Transmit, seed: int) -> None:
        super().__init__(transmit, seed)
        self.for_pace, self.for_chip = (int(number, 16) for number in TERMINAL_KEYS.values())

    def access(self) -> bytes:
        """EF.CardAccess: what the chip offers."""
        self.transmit(bytes.fromhex("00A4020C02") + CARD_ACCESS.to_bytes(2))
        return self.transmit(bytes.fromhex("00B0000000"))[:-2]

    def pace(self) -> bool:
        """PACE with the machine-readable zone; False where the chip does not do it."""
        begin = written("80", METHOD.identifier)
        begin += written("83", b"\1")
        begin += written("84", bytes((DOMAIN,)))
        length = bytes((len(begin),))
        answer = self.transmit(SET_PACE + length + begin)
        if answer != OK:
            return False
        password = pace.zone_password(self.zone)
        key = pace.password_key(password, METHOD)
        enciphered = self._step("", b"")["80"]
        nonce = pace.nonce(key, enciphered, METHOD)
        number = self.random.randrange(1, CURVE.n)
        chip_map = self._step("81", public(number))["82"]
        base = pace.mapped_curve(CURVE, nonce, number, chip_map)
        own = public(self.for_pace, base)
        chip_key = self._step("83", own)["84"]
        secret = pace.shared_secret(CURVE, self.for_pace, chip_key)
        channel = pace.session(secret, METHOD)
        last = self._step("85", _token(channel, chip_key), is_last=True)
        if last.get("86") != _token(channel, own):
            raise NotVerifiable("the token of the chip is wrong")
        self.channel = channel
        return True

    def _step(self, tag: str, value: bytes, is_last: bool = False) -> dict[str, bytes]:
        """One step of PACE, and the values of the answer."""
        inner = b""
        if tag:
            inner = written(tag, value)
        content = written("7C", inner)
        header = STEP
        if is_last:
            header = LAST_STEP
        length = bytes((len(content),))
        answer = self.transmit(header + length + content + b"\0")
        return tlv.first(answer[:-2], "80", "82", "84", "86")

    def select(self) -> None:
        """The application, under secure messaging."""
        self.send(bytes.fromhex("00A4040C07") + AID)

    def authenticate_chip(self, chip_key: bytes) -> None:
        """Chip authentication; what follows has the new keys."""
        begin = written("80", CHIP_METHOD)
        self.send(SET_CHIP + bytes((len(begin),)) + begin)
        value = written("80", public(self.for_chip))
        data = written("7C", value)
        length = bytes((len(data),))
        self.send(LAST_STEP + length + data + b"\0")
        own = self.for_chip.to_bytes(CURVE.size)
        self.channel = chip_session(CHIP_METHOD, CURVE, own, chip_key)
