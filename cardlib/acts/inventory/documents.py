# SPDX-License-Identifier: MIT
"""Algorithms of a travel document: how it was opened, what it offers, what proves it (ICAO Doc 9303-11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...apps.instructions import MANAGE_SECURITY
from ...core import tlv
from ...core.errors import NotVerifiable
from ...core.model import Evidence, Exchange
from ...core.secure import Object, objects_of
from ...crypto.chip import loaded_key
from ...crypto.cms import loaded_certificate, security_object
from ...crypto.curves import Domain, Group, domain_of
from ...crypto.pace import CHIP_AUTHENTICATION, CIPHERS, method_of
from ...crypto.security_infos import ChipKey, chip_key_of, security_infos
from ...road.agree import SET_AT
from ..document.reads import KEY_FILE, SOD, Access, FileRead, access_of, challenges, file_reads
from .keys import hash_named, key_use
from .model import How, Use

NAME = "emrtd"
_TWO_KEYS = 112
_LISTS = ("EF.CardAccess", "file sfi 1C", "EF.DG14")
_UNCOMPRESSED = 1  # the byte before x and y


def document_uses(exchanges: Sequence[Exchange]) -> Iterator[Use]:
    """What a session with a travel document says about algorithms."""
    if not any(exchange.context.application == NAME for exchange in exchanges):
        return
    access = access_of(exchanges, ())
    if access is not None:
        yield from _access(access)
    for read in file_reads(exchanges):
        if not read.is_whole:
            continue
        place = _place(read)
        if read.name in _LISTS:
            yield from _offers(read, place)
        elif read.name == KEY_FILE:
            how: How = "used" if challenges(exchanges) else "offered"
            yield from _active(read, place, how)
        elif read.name == SOD:
            yield from _signed(read, place)


def _place(read: FileRead) -> Evidence:
    """The answer that a file begins in."""
    exchange = read.exchanges[0]
    size = len(exchange.response.raw) if exchange.response else 0
    return Evidence(exchange.index, "response", 0, size)


def domain_use(purpose: str, domain: Domain, place: Evidence, how: How = "used") -> Use:
    """The use of an agreement over these domain parameters."""
    algorithm = "DH" if isinstance(domain, Group) else "EC"
    return Use(purpose, algorithm, domain.p.bit_length(), place, how)


def _access(access: Access) -> Iterator[Use]:
    """The protocol that opened the chip, and the ciphers of its channel."""
    exchange = access.exchanges[0]
    command = exchange.command
    if command is None:
        return
    place = Evidence(exchange.index, "command", 0, len(command.raw))
    is_pace = command.ins == MANAGE_SECURITY and (command.p1, command.p2) == SET_AT
    if not is_pace:  # 3DES with two keys from SHA-1 (4.3)
        yield Use("basic access control and its channel", "3DES", _TWO_KEYS, place)
        return
    parts = tlv.first(command.data, "80", "84")
    try:
        method = method_of(parts.get("80", b""))
        yield _cipher_use("channel of PACE", method.cipher, method.size, place, "used")
        if len(parts.get("84", b"")) == 1:
            yield domain_use("PACE", domain_of(parts["84"][0]), place)
    except NotVerifiable:
        return


def _cipher_use(purpose: str, cipher: str, size: int, place: Evidence, how: How) -> Use:
    bits = _TWO_KEYS if cipher == "3DES" else 8 * size
    return Use(purpose, cipher, bits, place, how)


def _offers(read: FileRead, place: Evidence) -> Iterator[Use]:
    """What SecurityInfos list (9.2)."""
    for parts in security_infos(read.value):
        yield from _offer(parts, place)


def _offer(parts: Sequence[Object], place: Evidence) -> Iterator[Use]:
    """One SecurityInfo: identifier, then what the protocol needs."""
    identifier = parts[0].value
    numbers = [int.from_bytes(part.value) for part in parts if part.tag == "02"]
    chip_key = chip_key_of(parts)
    try:
        if chip_key is not None:
            yield _chip_key(chip_key, place)
        elif identifier.startswith(CHIP_AUTHENTICATION):
            cipher, size = CIPHERS.get(identifier[-1], ("3DES", 16))
            yield _cipher_use("channel of chip authentication", cipher, size, place, "offered")
        else:
            method = method_of(identifier)
            yield _cipher_use("channel of PACE", method.cipher, method.size, place, "offered")
            if len(numbers) > 1:
                yield domain_use("PACE", domain_of(numbers[1]), place, "offered")
    except NotVerifiable:
        return


def _chip_key(key: ChipKey, place: Evidence) -> Use:
    """The static key of chip authentication: by its domain, else by the size of its point."""
    purpose = "chip authentication, the key of the chip"
    if key.domain is not None:
        return domain_use(purpose, key.domain, place, "offered")
    bits = None
    if key.kind == "EC":
        bits = 8 * ((len(key.public) - _UNCOMPRESSED) // 2)
    return Use(purpose, key.kind, bits, place, "offered")


def _active(read: FileRead, place: Evidence, how: How) -> Iterator[Use]:
    try:
        key = loaded_key(objects_of(read.value)[0].value)
    except (NotVerifiable, IndexError):
        return
    yield key_use("active authentication, the key of the chip", key, place, how)


def _signed(read: FileRead, place: Evidence) -> Iterator[Use]:
    """EF.SOD: the hashes, and the key of the document signer."""
    try:
        content = security_object(read.value)
        certificate: Any = loaded_certificate(content.certificate)
    except NotVerifiable:
        return
    yield hash_named("hashes of the data groups", content.hash_name, place)
    yield hash_named("signature of the document", content.signer_hash, place)
    try:
        yield key_use("signature of the document", certificate.public_key(), place)
    except Exception:  # hostile bytes may fail anywhere in the package
        return
