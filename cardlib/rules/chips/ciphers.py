# SPDX-License-Identifier: MIT
"""Rules about how a chip proves itself: broken ciphers, nonces that can be foretold, keys that are searched for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from ...apps.instructions import INTERNAL_AUTHENTICATE, READER
from ...core.model import Evidence, Exchange, record
from ...crypto.crypto1 import fits_generator
from ..engine import Case, Missing, Results, enough, fails_if, only, rule, whole_half
from ..sources import C09, GKMRVWJ08, GKVM12, GRVS09, OP11, T24
from .dialogue import code_of, done, fields

KEY_A, KEY_B = 0x60, 0x61
CLASSIC_AUTHENTICATIONS = (KEY_A, KEY_B)
LEGACY, GET_VERSION = 0x0A, 0x60
BETTER = (0x1A, 0xAA, 0x71, 0x77)  # authentications of DESFire EV1 and later
FIRST_GENERATION = "D40"  # as the row of the version calls it
MANY_TRIES = 8
NONCE_SIZE = PROOF_SIZE = 4
# Authentications by protocol and code: which cipher is known to be broken, empty where none is.
_CRYPTO1, _ICLASS = "Crypto1", "the cipher of iCLASS"
CIPHERS = {
    ("classic", 0x60): _CRYPTO1,
    ("classic", 0x61): _CRYPTO1,
    ("picopass", 0x05): _ICLASS,
    ("desfire", 0x1A): "",
    ("desfire", 0xAA): "",
    ("desfire", 0x71): "",
    ("mifare plus", 0x70): "",
    ("ultralight", 0x1A): "",
}


@rule("M01", "high", "a broken cipher proves the card", f"{GKMRVWJ08}; {GKVM12}")
def broken_cipher(case: Case) -> Results:
    """Crypto1 of MIFARE Classic and the cipher of iCLASS give up their keys to anyone who records a few
    authentications: the card can be copied. Do: replace it with one that uses AES; until then keep nothing of value on
    it.
    """
    for exchange in case.exchanges:
        cipher = _cipher_of(exchange)
        if cipher is None or not done(exchange):
            continue
        detail = "authentication with a cipher that is not broken"
        if cipher:
            detail = f"authentication with {cipher}"
        yield fails_if(cipher, detail, whole_half(exchange))


def _cipher_of(exchange: Exchange) -> str | None:
    """The broken cipher of an authentication, empty for one that is sound; None for other commands."""
    if _is_through_reader(exchange):
        return _CRYPTO1
    return CIPHERS.get(code_of(exchange))


def _is_through_reader(exchange: Exchange) -> bool:
    """Whether a reader is told to authenticate to a MIFARE Classic (PC/SC part 3, 3.2.2.1.6; 88 is the old form)."""
    command = exchange.command
    if command is None or command.cla != READER or exchange.context.application != "classic":
        return False
    return command.ins in (0x86, INTERNAL_AUTHENTICATE)


@rule("M03", "high", "nonces of the card can be foretold", f"{GKMRVWJ08}; {T24}")
def weak_nonces(case: Case) -> Results:
    """The card's nonces come from its 16-bit generator, or one is repeated: nested authentications then give its keys
    away in seconds. Do: replace the card; newer chips have better nonces and take longer to break.
    """
    nonces = list(_nonces(case))
    enough(nonces, 2, "nonces in clear")
    values = [nonce for _, nonce in nonces]
    weak = sum(map(fits_generator, values))
    repeated = len(values) - len(set(values))
    detail = f"{weak} of {len(values)} fit the generator, {repeated} came before"
    places = [whole_half(exchange, "response") for exchange, _ in nonces[:10]]
    yield fails_if(weak > 1 or repeated, detail, *places)


def _nonces(case: Case) -> Iterator[tuple[Exchange, bytes]]:
    """The nonces that a MIFARE Classic sent in clear."""
    for exchange in case.exchanges:
        protocol, code = code_of(exchange)
        if protocol != "classic" or code not in CLASSIC_AUTHENTICATIONS:
            continue
        if exchange.response and len(exchange.response.raw) == NONCE_SIZE:
            yield exchange, exchange.response.raw


@record
class Try:
    """An authentication to a block of a MIFARE Classic, and whether the card accepted the proof."""

    exchange: Exchange
    block: str
    went_well: bool


@rule("M04", "high", "keys are being searched for", f"{C09}; {GRVS09}")
def key_search(case: Case) -> Results:
    """One authentication after another to the same block fails or is broken off: somebody is collecting nonces or
    trying keys. Do: find out who; a reader in the field knows its key.
    """
    tries = list(_tries(case))
    only(tries)
    failed = Counter(attempt.block for attempt in tries if not attempt.went_well)
    hole = case.hole(())
    if hole:
        raise Missing(f"something may be hidden here: {hole}")
    for block, count in failed.items():
        first = next(attempt for attempt in tries if attempt.block == block)
        detail = f"{count} authentications to block {block} failed or were broken off"
        yield fails_if(count >= MANY_TRIES, detail, whole_half(first.exchange))
    if not failed:
        first = tries[0]
        yield fails_if(
            False, f"all {len(tries)} authentications went well", whole_half(first.exchange)
        )


def _tries(case: Case) -> Iterator[Try]:
    """Authentications, each over the air with the exchange behind it; those through a reader say how they went.

    One at the end of the capture may go on behind it, and is left out.
    """
    open_try: tuple[Exchange, str] | None = None
    for exchange in case.exchanges:
        command, response = exchange.command, exchange.response
        if open_try:
            went_well = (
                exchange.protocol == "crypto1"
                and response is not None
                and len(response.raw) == PROOF_SIZE
            )
            yield Try(*open_try, went_well)
            open_try = None
        if command is None:
            continue
        if _is_through_reader(exchange) and len(command.data) == 5:
            yield Try(exchange, f"{command.data[2]}", done(exchange))
        elif code_of(exchange)[0] == "classic" and command.code in CLASSIC_AUTHENTICATIONS:
            block = int.from_bytes(command.data[:1])
            open_try = (exchange, str(block))


@rule("M08", "medium", "old authentication where the chip can do better", OP11)
def legacy_authentication(case: Case) -> Results:
    """A DESFire EV1 or later was asked for the authentication of the first DESFire, which uses DES and does not protect
    what follows. Do: use AES (AA or 71), and switch the old one off.
    """
    uses = _uses_by_session(case)
    only(uses)
    is_missing = False
    for use in uses.values():
        if use.legacy is None:
            yield fails_if(False, "authentication of EV1 or later", *_shown(use.better))
        elif use.generation or use.better:
            offers = use.generation or "a chip of EV1 or later"
            detail = f"authentication of the first DESFire, {offers}"
            yield fails_if(use.generation != FIRST_GENERATION, detail, *_shown(use.legacy))
        else:
            is_missing = True
    if is_missing:
        raise Missing("the version of the chip is not in this capture")


@record
class Uses:
    """Which authentications of a DESFire a session has, the first of each, and the generation that the chip names."""

    legacy: Exchange | None = None
    better: Exchange | None = None
    generation: str = ""


def _uses_by_session(case: Case) -> dict[int, Uses]:
    """For each session with an authentication of a DESFire what it shows."""
    uses: dict[int, Uses] = {}
    for exchange in case.exchanges:
        protocol, code = code_of(exchange)
        if protocol != "desfire" or not done(exchange):
            continue
        use = uses.get(exchange.session, Uses())
        if code == LEGACY and use.legacy is None:
            use = replace(use, legacy=exchange)
        elif code in BETTER and use.better is None:
            use = replace(use, better=exchange)
        elif code == GET_VERSION:
            generation = fields(exchange, "response").get("generation")
            use = replace(use, generation=generation.text if generation else "")
        uses[exchange.session] = use
    return {session: use for session, use in uses.items() if use.legacy or use.better}


def _shown(exchange: Exchange | None) -> tuple[Evidence, ...]:
    return (whole_half(exchange),) if exchange else ()
