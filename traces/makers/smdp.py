# SPDX-License-Identifier: MIT
"""A small SM-DP+ in software: it authenticates an eSIM and binds a profile to it (GSMA SGP.22, 3.1.3, 5.6, 2.5).

Keys, certificates, profile and numbers are made up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from cardlib.core import tlv
from cardlib.core.secure import written
from cardlib.crypto import blocks, bsp

from . import ec_keys

ISSUER, AUTHENTICATES, BINDS = "Test CI", "Test SM-DP+ auth", "Test SM-DP+ bind"
ADDRESS = b"smdp.example.com"
OBJECT_IDENTIFIER = bytes.fromhex("88378F0F")  # 2.999.1935, of the arc for examples
HOST = b"smdp-1"
ONE_TIME = "Test SM-DP+ one-time"
ICCID = bytes.fromhex("98881201000000001010")
# Segments of a bound profile package (2.5.4): ciphered, with MAC alone, of profile elements
CIPHERED, IN_CLEAR, ELEMENTS = 0x87, 0x88, 0x86
PIECE = 96  # bytes of profile elements in a segment
SIGNATURE, POINT = "5F37", "5F49"
METADATA = b"".join(
    (written("5A", ICCID), written("91", b"Test Operator"), written("92", b"Test profile"))
)
USIM_AND_MILENAGE = bytes.fromhex("81008400")  # services that the eSIM must have
MF_TEMPLATE, USIM_TEMPLATE = bytes.fromhex("67810F010201"), bytes.fromhex("67810F010204")
PIN_1, PIN_TERMS = bytes.fromhex("800101"), bytes.fromhex("820101830107840133")
MILENAGE = b"\x01"
OPERATIONAL = written("95", b"\x02")


def objects(data: bytes) -> dict[str, bytes]:
    """The outer objects of some data by their tags, with tag and length; of several with one tag, the first."""
    found: dict[str, bytes] = {}
    for tag, depth, start, _, stop, _ in tlv.scan(data):
        if depth == 0:
            found.setdefault(tag, data[start:stop])
    return found


def value(element: bytes) -> bytes:
    """What is in an object."""
    ((_, _, _, body, stop, _), *_) = tlv.scan(element)
    return element[body:stop]


def inside(data: bytes, *tags: str) -> bytes:
    """What is in the object that a path of tags leads to."""
    for tag in tags:
        data = value(objects(data)[tag])
    return data


def together(*rows: tuple[str, bytes]) -> bytes:
    """Objects one behind the other."""
    return b"".join(written(tag, content) for tag, content in rows)


def elements() -> bytes:
    """A short profile (TCA profile package, 8): header, MF, PIN, USIM, keys of MILENAGE, end."""
    header = together(
        ("80", b"\x02"),
        ("81", b"\x03"),
        ("82", b"cardlib test profile"),
        ("83", ICCID),
        ("A5", USIM_AND_MILENAGE),
        ("A6", written("06", MF_TEMPLATE)),
    )
    rules = written("8B", bytes.fromhex("2F0602"))
    files = together(
        _numbered(1),
        ("81", MF_TEMPLATE),
        ("A2", written("A1", rules)),
    )
    code = PIN_1 + written("81", b"1234\xff\xff\xff\xff") + PIN_TERMS
    codes = together(_numbered(2), ("A1", written("A0", written("30", code))))
    imsi = written("83", bytes.fromhex("080910100000000010"))
    application = together(_numbered(3), ("81", USIM_TEMPLATE), ("A3", imsi))
    secrets = together(
        ("80", MILENAGE),
        ("81", b"\x01"),
        ("82", b"made-up key K .."),
        ("83", b"made-up OPc ...."),
    )
    keys = together(_numbered(4), ("A1", written("A1", secrets)))
    return together(
        ("A0", header),
        ("B0", files),
        ("A2", codes),
        ("B3", application),
        ("A4", keys),
        ("AA", together(_numbered(5))),
    )


def _numbered(number: int) -> tuple[str, bytes]:
    """The head of a profile element: its number."""
    return "A0", written("81", bytes((number,)))


@dataclass
class Server:
    """A server and one session with an eSIM; `issuer` is who issued its certificates."""

    seed: int
    issuer: str = ISSUER

    def __post_init__(self) -> None:
        random = Random(f"server {self.seed}")
        self.transaction = random.randbytes(16)
        self.challenge = random.randbytes(16)
        self.profile_keys = random.randbytes(3 * bsp.KEY_SIZE)

    def initiate(self, challenge: bytes) -> bytes:
        """What AuthenticateServer needs (5.6.1): signed data, signature, issuer, certificate."""
        terms = together(
            ("80", self.transaction),
            ("81", challenge),
            ("83", ADDRESS),
            ("84", self.challenge),
        )
        signed = written("30", terms)
        signature = ec_keys.signature(AUTHENTICATES, signed)
        issuer = ec_keys.identifier(ISSUER)
        proof = together((SIGNATURE, signature), ("04", issuer))
        return signed + proof + ec_keys.certificate(AUTHENTICATES, self.issuer, 0x101)

    def authenticate(self, answer: bytes) -> bytes:
        """What PrepareDownload needs (5.6.3), once the eSIM has proved itself; nothing where it has not."""
        proved = inside(answer, "BF38", "A0")
        parts = objects(proved)
        signed, signature = parts["30"], parts[SIGNATURE]
        _, certificate, *_ = _sequences(proved)
        if not ec_keys.is_signed(certificate, value(signature), signed):
            return b""
        terms = together(("80", self.transaction), ("01", b"\x00"))
        own = written("30", terms)
        proof = ec_keys.signature(BINDS, own + signature)
        own_certificate = ec_keys.certificate(BINDS, self.issuer, 0x102)
        return own + written(SIGNATURE, proof) + own_certificate

    def bind(self, answer: bytes, eid: bytes) -> list[bytes]:
        """The bound profile package in the pieces that are sent (2.5.5)."""
        card_point = inside(answer, "BF21", "A0", "30", POINT)
        shared = ec_keys.secret(ONE_TIME, card_point)
        keys = bsp.session_keys(shared, HOST, eid)
        begin = self._channel(card_point)
        configure, keys = closed(keys, CIPHERED, written("BF24", b""))
        metadata, keys = closed(keys, IN_CLEAR, written("BF25", METADATA + OPERATIONAL))
        replacing, keys = closed(keys, CIPHERED, _new_keys(self.profile_keys))
        segments = self._elements()
        first = written("A0", configure)
        second = written("A1", metadata)
        third = written("A2", replacing)
        last = written("A3", b"".join(segments))
        package = written("BF36", begin + first + second + third + last)
        head = package[: package.index(begin)]
        return [
            head + begin,
            first,
            second[: -len(metadata)],
            metadata,
            third,
            last[: last.index(segments[0])],
            *segments,
        ]

    def _channel(self, card_point: bytes) -> bytes:
        """InitialiseSecureChannel: the terms of the key agreement, signed (5.5.1)."""
        agreement = together(("80", b"\x88"), ("81", b"\x10"), ("84", HOST))
        terms = together(("82", b"\x01"), ("80", self.transaction), ("A6", agreement))
        own = written(POINT, ec_keys.point(ONE_TIME))
        proof = ec_keys.signature(BINDS, terms + own + written(POINT, card_point))
        return written("BF23", terms + own + written(SIGNATURE, proof))

    def _elements(self) -> list[bytes]:
        """The profile in segments under keys of its own."""
        keys = bsp.keys_of(self.profile_keys)
        profile = elements()
        segments = []
        for at in range(0, len(profile), PIECE):
            segment, keys = closed(keys, ELEMENTS, profile[at : at + PIECE])
            segments.append(segment)
        return segments


def _sequences(data: bytes) -> list[bytes]:
    """The outer sequences of some data: signed data, then certificates."""
    found = []
    for tag, depth, start, _, stop, _ in tlv.scan(data):
        if tag == "30" and depth == 0:
            found.append(data[start:stop])
    return found


def _new_keys(material: bytes) -> bytes:
    """ReplaceSessionKeys: chaining value, key for ciphering, key for MACs (5.5.4)."""
    size = bsp.KEY_SIZE
    chaining, enc, mac = material[:size], material[size : 2 * size], material[2 * size :]
    return written("BF26", together(("80", chaining), ("81", enc), ("82", mac)))


def closed(keys: bsp.Keys, tag: int, plain: bytes) -> tuple[bytes, bsp.Keys]:
    """A protected segment, and the session after it (2.6.4.4): what `bsp.open_segment` opens."""
    content = plain
    count = keys.count + 1
    if tag != IN_CLEAR:
        initial = blocks.aes_encrypt(keys.enc, count.to_bytes(bsp.KEY_SIZE))
        content = blocks.aes_encrypt(keys.enc, blocks.pad(plain, bsp.KEY_SIZE), initial)
    size = len(content) + bsp.MAC_SIZE
    head = written(f"{tag:02X}", bytes(size))[:-size]
    full = blocks.cmac(keys.mac, keys.chaining + head + content)
    following = replace(keys, chaining=full, count=count)
    return head + content + full[: bsp.MAC_SIZE], following
