# SPDX-License-Identifier: MIT
"""An eSIM in software: the functions ES10 of its root, up to an installed profile (GSMA SGP.22, 5.7)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from cardlib.core.errors import NotVerifiable
from cardlib.core.model import Command
from cardlib.core.secure import written
from cardlib.crypto import bsp

from . import ec_keys
from .contact import OK, UNKNOWN, Answer, Contact
from .smdp import ADDRESS, ISSUER, OBJECT_IDENTIFIER, POINT, SIGNATURE, objects, value

ATR = bytes.fromhex("3B9F96801FC78031A073BE211367") + b"ESIM001" + b"\xfb"
ROOT = bytes.fromhex("A0000005591010FFFFFFFF8900000100")
PROFILE = bytes.fromhex("A0000005591010FFFFFFFF8900001100")
EID = bytes.fromhex(
    "89049032123451234512345678901235"
)  # of published test data, its check digits right
MAKER, CARD, ONE_TIME = "Test EUM", "Test eUICC", "Test eUICC one-time"
NOT_FOUND, STORE_DATA, SELECT, LAST = 0x6A82, 0xE2, 0xA4, 0x80
VERSION = bytes.fromhex("020300")
INVALID_CERTIFICATE, INVALID_SIGNATURE = b"\x01", b"\x02"
# Steps of an installation, and why it ends (5.7.6)
CHANNEL, DOMAIN, METADATA, SESSION_KEYS, ELEMENTS = range(5)
STEPS = {"A0": b"\x01", "88": b"\x02", "A2": b"\x04", "86": b"\x05"}
WRONG_SECURITY = b"\x08"
END_OF_PROFILE = bytes.fromhex("AA05A003810105")
RIGHT_ANSWER = bytes.fromhex("3007A0053003800100")  # the profile package: ok
INSTALLED = bytes.fromhex("0780")  # the event, as bits


class Euicc(Contact):
    """The card, with at most one profile that was downloaded."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"esim {seed}")
        self.profile = b""  # its metadata, once it is installed
        self.is_enabled = False
        self.result = b""
        self.power_on()

    def power_on(self) -> bytes:
        """All that belongs to a session is forgotten; returns the ATR."""
        self.blocks = b""
        self.challenge = b""
        self.transaction = b""
        self.keys: bsp.Keys | None = None
        self.loaded = b""
        self.metadata = b""
        return ATR

    def perform(self, command: Command) -> Answer:
        """SELECT of the root, and STORE DATA with one object in as many blocks as it needs."""
        if command.ins == SELECT:
            if command.data != ROOT:
                return b"", NOT_FOUND
            version = written("E0", written("82", VERSION))
            return written("6F", written("84", ROOT) + version), OK
        if command.ins != STORE_DATA:
            return b"", UNKNOWN
        if command.p2 == 0:
            self.blocks = b""
        self.blocks += command.data
        if not command.p1 & LAST:
            return b"", OK
        return self._function(self.blocks), OK

    def _function(self, data: bytes) -> bytes:
        """The answer to a function, by the tag of its object."""
        tag = next(iter(objects(data)))
        functions: dict[str, Callable[[bytes], bytes]] = {
            "BF20": self._information,
            "BF2E": self._draw,
            "BF3E": self._identity,
            "BF38": self._authenticate,
            "BF21": self._prepare,
            "BF36": self._open_channel,
            "A0": self._segment,
            "88": self._segment,
            "A2": self._segment,
            "86": self._segment,
            "BF2D": self._profiles,
            "BF31": self._enable,
            "BF2B": self._notifications,
            "BF30": self._forget,
        }
        function = functions.get(tag)
        if function is None:
            return b""  # the head of a sequence of segments
        return function(data)

    # ------------------------------------------------------------ who it is

    def _issuers(self) -> bytes:
        known = written("04", ec_keys.identifier(ISSUER))
        return written("A9", known) + written("AA", known)

    def _information(self, _: bytes) -> bytes:
        return written("BF20", written("82", VERSION) + self._issuers())

    def _long_information(self) -> bytes:
        """GetEuiccInfo2 (5.7.8)."""
        parts = (
            written("81", bytes.fromhex("020301")),
            written("82", VERSION),
            written("83", bytes.fromhex("010000")),
            written("84", bytes.fromhex("810100820400045BF883022419")),
            written("85", bytes.fromhex("067F36F3C0")),
            written("87", bytes.fromhex("020300")),
            written("88", bytes.fromhex("0398")),
            self._issuers(),
            written("99", bytes.fromhex("0640")),
            written("04", bytes.fromhex("010000")),
            written("0C", b"CARDLIB-TEST-1"),
        )
        return written("BF22", b"".join(parts))

    def _identity(self, _: bytes) -> bytes:
        return written("BF3E", written("5A", EID))

    def _draw(self, _: bytes) -> bytes:
        self.challenge = self.random.randbytes(16)
        return written("BF2E", written("80", self.challenge))

    # ------------------------------------------------------------ both sides prove themselves

    def _authenticate(self, data: bytes) -> bytes:
        """AuthenticateServer (5.7.13): the server's certificate and signature, then the card's own."""
        parts, certificate = _with_certificate(value(data))
        signed = parts["30"]
        terms = objects(value(signed))
        self.transaction = terms["80"]
        if not ec_keys.is_issued(certificate, ISSUER):
            return self._failed("BF38", INVALID_CERTIFICATE)
        is_right = ec_keys.is_signed(certificate, value(parts[SIGNATURE]), signed)
        if not is_right or value(terms["81"]) != self.challenge:
            return self._failed("BF38", INVALID_SIGNATURE)
        own = written(
            "30",
            self.transaction + terms["83"] + terms["84"] + self._long_information() + parts["A0"],
        )
        self.first_signature = written(SIGNATURE, ec_keys.signature(CARD, own))
        certificates = ec_keys.certificate(CARD, MAKER, 0x301)
        certificates += ec_keys.certificate(MAKER, ISSUER, 0x201)
        return written("BF38", written("A0", own + self.first_signature + certificates))

    def _failed(self, tag: str, reason: bytes) -> bytes:
        return written(tag, written("A1", self.transaction + written("02", reason)))

    def _prepare(self, data: bytes) -> bytes:
        """PrepareDownload (5.7.5): a one-time key for this profile."""
        parts, certificate = _with_certificate(value(data))
        signed = parts["30"]
        if not ec_keys.is_issued(certificate, ISSUER):
            return self._failed("BF21", INVALID_CERTIFICATE)
        message = signed + self.first_signature
        if not ec_keys.is_signed(certificate, value(parts[SIGNATURE]), message):
            return self._failed("BF21", INVALID_SIGNATURE)
        own = written("30", self.transaction + written(POINT, ec_keys.point(ONE_TIME)))
        signature = ec_keys.signature(CARD, own + parts[SIGNATURE])
        self.server = certificate
        return written("BF21", written("A0", own + written(SIGNATURE, signature)))

    # ------------------------------------------------------------ the profile

    def _open_channel(self, data: bytes) -> bytes:
        """InitialiseSecureChannel (5.5.1): the session keys."""
        begin = value(objects(_content_of_cut(data))["BF23"])
        parts = objects(begin)
        agreement = objects(value(parts["A6"]))
        shared = ec_keys.secret(ONE_TIME, value(parts[POINT]))
        self.keys = bsp.session_keys(shared, value(agreement["84"]), EID)
        self.loaded = b""
        return b""

    def _segment(self, data: bytes) -> bytes:
        """A protected segment; the last one, or a wrong one, brings the result."""
        tag = next(iter(objects(data)))
        segment = data
        if tag in ("A0", "A2"):
            segment = value(data)
        if self.keys is None:
            return b""
        try:
            opened, self.keys = bsp.open_segment(self.keys, segment)
        except NotVerifiable:
            self.keys = None
            reason = written("80", STEPS[tag]) + written("81", WRONG_SECURITY)
            return self._installation(written("A1", reason))
        return self._take(tag, opened.data)

    def _take(self, tag: str, plain: bytes) -> bytes:
        if tag == "88":
            self.metadata = value(plain)
        if tag == "A2":
            parts = objects(value(plain))
            self.keys = bsp.keys_of(b"".join(value(part) for part in parts.values()))
        if tag == "86":
            self.loaded += plain
            if self.loaded.endswith(END_OF_PROFILE):
                self.profile = self.metadata
                done = written("4F", PROFILE) + written("04", RIGHT_ANSWER)
                return self._installation(written("A0", done))
        return b""

    def _installation(self, outcome: bytes) -> bytes:
        """ProfileInstallationResult (2.5.6), signed; it is kept as a notification."""
        result = self.transaction + self._notification()
        result += written("06", OBJECT_IDENTIFIER) + written("A2", outcome)
        content = written("BF27", result)
        signature = ec_keys.signature(CARD, content)
        self.result = written("BF37", content + written(SIGNATURE, signature))
        return self.result

    def _notification(self) -> bytes:
        iccid = objects(self.metadata).get("5A", b"")
        event = written("80", b"\x01") + written("81", INSTALLED)
        return written("BF2F", event + written("0C", ADDRESS) + iccid)

    # ------------------------------------------------------------ afterwards

    def _profiles(self, _: bytes) -> bytes:
        """GetProfilesInfo (5.7.15)."""
        rows = b""
        if self.profile:
            parts = objects(self.profile)
            state = written("4F", PROFILE) + written("9F70", bytes((self.is_enabled,)))
            named = b"".join(parts[tag] for tag in ("91", "92", "95"))
            rows = written("E3", parts["5A"] + state + named)
        return written("BF2D", written("A0", rows))

    def _enable(self, _: bytes) -> bytes:
        """EnableProfile (5.7.16): 1 where there is none, 2 where it is enabled already."""
        code = b"\x01"
        if self.profile:
            code = bytes((2 * self.is_enabled,))
            self.is_enabled = True
        return written("BF31", written("80", code))

    def _notifications(self, _: bytes) -> bytes:
        return written("BF2B", written("A0", self.result))

    def _forget(self, _: bytes) -> bytes:
        code = b"\x00"
        if not self.result:
            code = b"\x01"
        self.result = b""
        return written("BF30", written("80", code))


def _with_certificate(data: bytes) -> tuple[dict[str, bytes], bytes]:
    """The objects of a request by tag, and its last sequence, the certificate."""
    parts = objects(data)
    stop = data.rindex(parts["A0"]) if "A0" in parts else len(data)
    start = data.index(parts[SIGNATURE]) + len(parts[SIGNATURE])
    certificate = objects(data[start:stop])["30"]
    return parts, certificate


def _content_of_cut(data: bytes) -> bytes:
    """What is in an object whose rest comes later: behind its tag and length."""
    size = data[2]
    start = 3
    if size > 0x80:
        start += size & 0x7F
    return data[start:]
