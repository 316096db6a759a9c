# SPDX-License-Identifier: MIT
"""Algorithms that a command, a native code or a data element of an answer names by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...apps import desfire
from ...apps.channel import begun, greeting_of
from ...apps.instructions import GENERAL_AUTHENTICATE, INTERNAL_AUTHENTICATE, SIM, accepted
from ...core.errors import NotVerifiable
from ...core.model import Evidence, Exchange, Node
from ...crypto.cms import loaded_certificate
from ...road.meaning import halves
from .keys import hash_use, key_use
from .model import Use

Named = tuple[str, int | None]  # an algorithm and the bits of its key
# NIST SP 800-78-4, table 6-2: P1 of GENERAL AUTHENTICATE
_PIV: dict[int, Named] = {
    0x00: ("3DES", 168),
    0x03: ("3DES", 168),
    0x05: ("RSA", 3072),
    0x06: ("RSA", 1024),
    0x07: ("RSA", 2048),
    0x08: ("AES", 128),
    0x0A: ("AES", 192),
    0x0C: ("AES", 256),
    0x11: ("EC", 256),
    0x14: ("EC", 384),
}
# Authentications by protocol and code. 0A and 1A take keys of several lengths, which nothing on the wire shows.
_NATIVE: dict[tuple[str, int], Named] = {
    ("classic", 0x60): ("Crypto1", 48),
    ("classic", 0x61): ("Crypto1", 48),
    ("desfire", 0x0A): ("DES or 3DES", None),
    ("desfire", 0x1A): ("DES or 3DES", None),
    ("desfire", 0xAA): ("AES", 128),
    ("desfire", 0x71): ("AES", 128),
    ("mifare plus", 0x70): ("AES", 128),
    ("ultralight", 0x1A): ("DES or 3DES", None),
}
# ETSI TS 102 225, 5.1.2 and 5.1.3, as `sms.toml` names them
_OF_PACKETS: dict[str, Named] = {
    "DES in CBC mode": ("DES", 56),
    "DES in ECB mode": ("DES", 56),
    "AES in CBC mode": ("AES", None),
    "AES CMAC": ("AES", None),
    "triple DES with two keys": ("3DES", 112),
    "triple DES with three keys": ("3DES", 168),
}
# RFC 9053, 2 and 6: numbers of COSE
_COSE: dict[str, Named] = {
    "-7": ("EC", 256),
    "-8": ("EC", 255),
    "-35": ("EC", 384),
    "-36": ("EC", 521),
    "-25": ("EC", 256),
    "-257": ("RSA", None),
    "-37": ("RSA", None),
}
# OpenPGP card 3.4, 4.4.3.9: the first byte of the attributes, with RSA the bits of the modulus behind it
_OPENPGP = {"C1": "signing", "C2": "deciphering", "C3": "authentication"}
_RSA_ATTRIBUTES = 0x01
# RFC 4880bis, 9.2: curves by their identifier
_CURVES = {
    "2A8648CE3D030107": 256,
    "2B81040022": 384,
    "2B81040023": 521,
    "2B2403030208010107": 256,
    "2B240303020801010B": 384,
    "2B240303020801010D": 512,
    "2B8104000A": 256,
    "2B06010401DA470F01": 255,
    "2B060104019755010501": 255,
}
_SCP = {1: "3DES", 2: "3DES", 3: "AES"}
_PURSE = {"triple DES": ("3DES", 112), "SM4 (from memory)": ("SM4", 128)}
_TELECOM = "telecom"


def uses_of(exchange: Exchange) -> Iterator[Use]:
    """What one exchange says about algorithms."""
    for detector in (_channel, _piv, _native, _sim):
        yield from detector(exchange)
    for side, half in halves(exchange):
        for _, node in half.walk():
            detect = _ELEMENTS.get(node.tag) or _ELEMENTS.get(node.name)
            if detect is None or (node.buf is not half.buf and not node.derived):
                continue
            place = Evidence(exchange.index, side, node.start, node.stop)
            yield from detect(exchange, node, place)


def _whole(exchange: Exchange) -> Evidence:
    """The whole command as evidence."""
    size = len(exchange.command.raw) if exchange.command else 0
    return Evidence(exchange.index, "command", 0, size)


def _was_done(exchange: Exchange) -> bool:
    return exchange.response is not None and accepted(exchange.response)


def _channel(exchange: Exchange) -> Iterator[Use]:
    """INITIALIZE UPDATE: the protocol, and the length of its keys where they are known."""
    if exchange.command is None:
        return
    greeting = greeting_of(exchange.command, exchange.response)
    if greeting is None or greeting.protocol not in _SCP:
        return
    algorithm = _SCP[greeting.protocol]
    static = begun(greeting, exchange.context.keys).match.static
    bits = None
    if algorithm == "3DES":
        bits = 112  # two keys (GlobalPlatform Card Specification 2.3.1, B.1.1.1 and E)
    elif static is not None:
        bits = 8 * len(static.enc)
    purpose = f"secure channel, SCP{greeting.protocol:02X}"
    yield Use(purpose, algorithm, bits, _whole(exchange))


def _piv(exchange: Exchange) -> Iterator[Use]:
    command = exchange.command
    if command is None or exchange.context.application != "piv" or not _was_done(exchange):
        return
    if command.ins == GENERAL_AUTHENTICATE and command.p1 in _PIV:
        algorithm, bits = _PIV[command.p1]
        yield Use(f"PIV, key {command.p2:02X}", algorithm, bits, _whole(exchange))


def _native(exchange: Exchange) -> Iterator[Use]:
    """Authentications of chips with codes of their own."""
    command = exchange.command
    if command is None:
        return
    kind = (command.protocol, command.code)
    is_wrapped = command.protocol == "apdu" and command.cla == desfire.CLASS
    if is_wrapped and exchange.context.application in desfire.APPLICATIONS:
        kind = ("desfire", command.ins)
    named = _NATIVE.get(kind)
    if named is not None:
        algorithm, bits = named
        yield Use("authentication of chip and reader", algorithm, bits, _whole(exchange))


def _sim(exchange: Exchange) -> Iterator[Use]:
    """Authentication in a network: which algorithm the operator chose does not stand on the wire."""
    command = exchange.command
    if command is None or command.ins != INTERNAL_AUTHENTICATE or not _was_done(exchange):
        return
    if command.cla == SIM:
        yield Use("authentication in the network", "A3/A8 of the operator", None, _whole(exchange))
    elif exchange.context.application == _TELECOM:
        algorithm = "MILENAGE, TUAK or the operator's own"
        yield Use("authentication in the network", algorithm, None, _whole(exchange))


def _attributes(exchange: Exchange, node: Node, place: Evidence) -> Iterator[Use]:
    """Algorithm attributes of an OpenPGP card."""
    value = node.value
    if exchange.context.application != "openpgp" or len(value) < 2:
        return
    purpose = f"OpenPGP, {_OPENPGP[node.tag]}"
    if value[0] == _RSA_ATTRIBUTES:
        bits = int.from_bytes(value[1:3])
        yield Use(purpose, "RSA", bits, place, "offered")
        return
    identifier = value[1:].removesuffix(b"\xff").hex().upper()
    yield Use(purpose, "EC", _CURVES.get(identifier), place, "offered")


def _certificate(exchange: Exchange, node: Node, place: Evidence) -> Iterator[Use]:
    """A certificate in a PIV object: the key in it, and what it was signed with."""
    if exchange.context.application != "piv":
        return
    try:
        certificate = loaded_certificate(node.value)
        yield key_use("certificate, its key", certificate.public_key(), place)
        yield hash_use("certificate, its signature", certificate, place)
    except NotVerifiable:
        return
    except Exception:  # hostile bytes may fail anywhere in the package
        return


def _cose(exchange: Exchange, node: Node, place: Evidence) -> Iterator[Use]:
    named = _COSE.get(node.text)
    if exchange.context.application != "fido" or named is None:
        return
    algorithm, bits = named
    yield Use("FIDO, key of a credential or of the PIN", algorithm, bits, place)


def _packet(exchange: Exchange, node: Node, place: Evidence) -> Iterator[Use]:
    named = _OF_PACKETS.get(node.text)
    if named is None:
        return
    purpose = "secured packets, checksums"
    if node.name == "cipher":
        purpose = "secured packets, ciphering"
    algorithm, bits = named
    yield Use(purpose, algorithm, bits, place)


def _purse(exchange: Exchange, node: Node, place: Evidence) -> Iterator[Use]:
    named = _PURSE.get(node.text)
    if named is None:
        return
    algorithm, bits = named
    yield Use("purse, MACs and TACs", algorithm, bits, place)


def _algorithm(exchange: Exchange, node: Node, place: Evidence) -> Iterator[Use]:
    """An element that is called algorithm, by the application."""
    if exchange.context.application == "fido":
        yield from _cose(exchange, node, place)
    else:
        yield from _purse(exchange, node, place)


Detector = Callable[[Exchange, Node, Evidence], Iterator[Use]]
_ELEMENTS: dict[str, Detector] = {
    **dict.fromkeys(_OPENPGP, _attributes),
    "70": _certificate,
    "cipher": _packet,
    "check": _packet,
    "algorithm": _algorithm,
    "alg": _algorithm,
}
