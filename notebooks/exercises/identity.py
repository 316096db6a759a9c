# SPDX-License-Identifier: MIT
"""The exercises on passports, personalisation, factors and algorithms: 70, 72, 74 and 75."""

from __future__ import annotations

import math
from pathlib import Path

import cardlib
from cardlib.acts.algorithms import Algorithm, algorithms
from cardlib.acts.factors import Factor, factors
from cardlib.crypto.bac import (
    access_keys,
    closed_authentication,
    mrz_information,
    opened_authentication,
)
from cardlib.crypto.blocks import mac3, pad
from cardlib.measure.cards import WIRE

from .engine import Solved, exercise, read, read_node, with_ins

PASSPORT = "passport_read.card.jsonl"
BUREAU, FACTORY = "bureau_scp03.card.jsonl", "attack_default_keys.card.jsonl"
NUMBER, BIRTH, MISTYPED, EXPIRY = "L898902C3", "740812", "740821", "120415"
READ_BINARY, INTERNAL_AUTHENTICATE, EXTERNAL_AUTHENTICATE = 0xB0, 0x88, 0x82
LOAD, STORE_DATA = 0xE8, 0xE2
MAC_SIZE = 8

# ---------------------------------------------------------------- 70


def _asked_for(exchange: cardlib.Exchange) -> int:
    """The bytes that a READ BINARY under secure messaging asks for: its data object 97, in clear."""
    command = exchange.command
    if command is None or command.data[:2] != b"\x97\x01":
        return 0
    return command.data[2]


def _offset(exchange: cardlib.Exchange) -> int:
    command = exchange.command
    if command is None:
        return 0
    return command.p1 << 8 | command.p2


@exercise("70.1")
def _(traces: Path) -> Solved:
    reads = with_ins(read(traces, PASSPORT), READ_BINARY)
    last = max(reads, key=_offset)
    offset, asked = _offset(last), _asked_for(last)
    return Solved(
        offset + asked,
        "97 holds the number of bytes: take it from the last piece of the longest file",
        f"exchange {last.index} asks, in clear, for {asked} bytes from byte {offset} on",
        slips={
            offset: "that is where the last piece begins: how many bytes does it ask for?",
            sum(map(_asked_for, reads)): "that is all that was read; after each SELECT a new file begins",
        },
    )


@exercise("70.2")
def _(traces: Path) -> Solved:
    command = with_ins(read(traces, PASSPORT), EXTERNAL_AUTHENTICATE)[0].command
    sent = command.data if command is not None else b""
    plain = opened_authentication(mrz_information(NUMBER, BIRTH, EXPIRY), sent)
    mistyped = mrz_information(NUMBER, MISTYPED, EXPIRY)
    mac = closed_authentication(mistyped, plain)[-MAC_SIZE:]
    old_cryptogram = mac3(access_keys(mistyped)[1], pad(sent[:-MAC_SIZE]))
    return Solved(
        mac.hex().upper(),
        "the MAC is the end of closed_authentication(the wrong zone, plain)",
        f"both keys change, and with them the MAC, to {mac.hex().upper()}",
        slips={
            sent[-MAC_SIZE:].hex().upper(): "that is the MAC of the capture, made with the right date of birth",
            old_cryptogram.hex().upper(): "that is the new MAC key over the old cryptogram: the other key changes too",
        },
    )


@exercise("70.3")
def _(traces: Path) -> Solved:
    capture = read(traces, PASSPORT)
    answered = with_ins(capture, INTERNAL_AUTHENTICATE)[0].index
    opened = with_ins(capture, EXTERNAL_AUTHENTICATE)[0].index
    return Solved(
        answered,
        "a copy has every byte that can be read: which command asks for more?",
        f"in exchange {answered} it must sign, with a key that no command reads",
        slips={
            opened: "this shows that the chip knows the printed page: a copy knows it, too",
            answered - 1: "this reads bytes, and a copy has the same",
        },
    )


# ---------------------------------------------------------------- 72

BYTE_MS = 1.25  # 12 bits at 9600 bit/s
AROUND, BLOCK = 4, 32  # bytes around a block of T=1; bytes in a block to this card
FAST, SLOW = 16, 372  # clock cycles a bit: Fi 512 and Di 32; Fi 372 and Di 1
READERS, HANDLING_S = 8, 2.0


def _sizes(exchange: cardlib.Exchange) -> tuple[int, int]:
    """Bytes of command and answer."""
    command, response = exchange.command, exchange.response
    return len(command.raw) if command else 0, len(response.raw) if response else 0


@exercise("72.1")
def _(traces: Path) -> Solved:
    load = with_ins(read(traces, BUREAU), LOAD)[0]
    sent, answered = _sizes(load)
    in_one_block = (sent + answered + 2 * AROUND) * BYTE_MS
    blocks = math.ceil(sent / BLOCK)
    chained = (sent + answered + 2 * blocks * AROUND) * BYTE_MS
    return Solved(
        in_one_block,
        "one block each way: command, answer, and four bytes around each of the two",
        f"{chained - in_one_block:.2f} ms of the {chained:.2f} are spent on having {blocks} blocks",
        slips={
            chained: f"that is the time in blocks of {BLOCK} bytes, as the capture has it",
            (sent + answered) * BYTE_MS: "a block has four more bytes: address, kind, length, check",
            sent * BYTE_MS: "the answer is on the wire, too",
        },
    )


def _stored(traces: Path, name: str) -> tuple[int, int]:
    """Bytes of all STORE DATA of a trace, and of their answers."""
    sizes = [_sizes(exchange) for exchange in with_ins(read(traces, name), STORE_DATA)]
    return sum(sent for sent, _ in sizes), sum(answered for _, answered in sizes)


@exercise("72.2")
def _(traces: Path) -> Solved:
    sent, answered = _stored(traces, BUREAU)
    sent_plainly, answered_plainly = _stored(traces, FACTORY)
    more_sent, more_answered = sent - sent_plainly, answered - answered_plainly
    return Solved(
        more_sent + more_answered,
        "add the lengths of command.raw and response.raw where INS is E2; subtract",
        f"whole blocks of AES make {more_sent} more, MACs of the card {more_answered}",
        slips={
            more_sent: "these are the commands; the answers are protected, too",
            more_answered: "these are the answers; the commands are longer, too",
        },
    )


@exercise("72.3")
def _(traces: Path) -> Solved:
    [card] = cardlib.card_times(read(traces, BUREAU))
    slow = card.total_ns / 1e9
    wire = card.share(WIRE) / 1e9
    fast = slow - wire + wire * FAST / SLOW
    all_shortened = slow * FAST / SLOW
    readers_s = READERS * 3600
    cards = readers_s / (fast + HANDLING_S)
    return Solved(
        cards,
        "only the wire shrinks, to 16/372; add the two seconds; count all readers",
        f"a card takes {fast:.2f} + {HANDLING_S} s, and {READERS} readers work for 3600 s each",
        slips={
            readers_s / (slow + HANDLING_S): "that is the line with the slow wire: take 16/372 of the wire",
            readers_s / fast: "a card does not change itself: add the two seconds of handling",
            readers_s / (all_shortened + HANDLING_S): "only the wire gets faster: the card writes as slowly as before",
            cards / READERS: "that is one reader; there are eight",
        },
    )


# ---------------------------------------------------------------- 75

TODAY, PAYMENT = "passport_pace.card.jsonl", "contact_cda.card.jsonl"
CHIP_KEY = "active authentication, the key of the chip"
SIGNER_KEY = "signature of the document"


def _inventory(traces: Path, name: str) -> list[Algorithm]:
    """The algorithms of a trace, opened with the keys that stand beside it."""
    read(traces, name)  # says which trace is missing
    return algorithms(cardlib.read(traces / name, keys=[traces / "makers" / "keyring.toml"]))


def _bits(rows: list[Algorithm], purpose: str) -> int:
    """The longest key with this purpose."""
    return max(row.use.bits or 0 for row in rows if row.use.purpose == purpose)


@exercise("75.1")
def _(traces: Path) -> Solved:
    rows = _inventory(traces, PASSPORT)
    bits = _bits(rows, CHIP_KEY)
    return Solved(
        bits,
        "02 81 81 00: an INTEGER of 129 bytes, of which the first only says that it is not negative",
        f"the number behind the leading zero has {bits} bits",
        slips={
            bits // 8: "these are the bytes of it: how many bits has a byte?",
            bits + 8: "the first byte of the INTEGER is 00, so that it is not negative: do not count it",
            _bits(rows, SIGNER_KEY): "that is the key of the document signer, in EF.SOD",
        },
    )


@exercise("75.2")
def _(traces: Path) -> Solved:
    rows = _inventory(traces, PAYMENT)
    gone = sum(row.worth.nist == "no longer" for row in rows)
    vulnerable = sum(bool(row.worth.quantum) for row in rows)
    return Solved(
        gone,
        "which of them have a strength below 112 in the table above?",
        f"a strength below 112 have {gone} of {len(rows)}",
        slips={
            vulnerable: "these are the keys of RSA; look at the hash and at the cryptogram, too",
            gone - vulnerable: "these are the hash and the cryptogram; look at the keys of RSA, too",
        },
    )


@exercise("75.3")
def _(traces: Path) -> Solved:
    rows = _inventory(traces, TODAY)
    broken = [row for row in rows if row.worth.quantum]
    used = sum(row.use.how == "used" for row in broken)
    return Solved(
        len(broken),
        "count what is called EC or RSA, offered or used",
        f"EC and RSA stand in {len(broken)} of {len(rows)} rows",
        slips={
            len(rows): "that is all of them: hashes and AES stay",
            used: "these are those that were used; the chip offers more",
        },
    )


# ---------------------------------------------------------------- 74

HONEST, NO_PIN, WRONG_PIN = "contact_cda.card.jsonl", "attack_no_pin.card.jsonl", "contact_wrong_pin.card.jsonl"
VERIFY = 0x20


def _factors(traces: Path, name: str) -> list[Factor]:
    """The factors of a trace, proofs checked with the keys that stand beside it."""
    return factors(read(traces, name), [traces / "makers" / "keyring.toml"])


@exercise("74.1")
def _(traces: Path) -> Solved:
    capture = read(traces, NO_PIN)
    sent, _node = read_node(capture.exchanges, "9F10")
    claimed = with_ins(capture, VERIFY)[0].index
    return Solved(
        sent.index,
        "look for 9F10 in the answers: it comes with the first cryptogram",
        f"exchange {sent.index} has 9F10, and the cryptogram beside it covers it",
        slips={
            claimed: "that is the answer to VERIFY: two bytes, and nothing covers them",
            sent.index + 1: "there the issuer's answer goes to the card; the card spoke before",
        },
    )


@exercise("74.2")
def _(traces: Path) -> Solved:
    found = _factors(traces, HONEST)
    proved = {factor.kind for factor in found if factor.outcome == "proved"}
    statements = sum(factor.outcome == "proved" for factor in found)
    return Solved(
        len(proved),
        "count different kinds, not lines, and only those with the word proved",
        f"proved are {' and '.join(sorted(proved))}",
        slips={
            statements: "that is the number of statements: several are about the same factor",
            len(found): "these are all statements: some are only claimed",
        },
    )


@exercise("74.3")
def _(traces: Path) -> Solved:
    tries = [factor.tries for factor in _factors(traces, WRONG_PIN) if factor.tries is not None]
    left = tries[-1]
    return Solved(
        left,
        "the last 63 CX: X is what is left",
        f"the last answer leaves {left}",
        slips={
            tries[0]: "that is after the first one: there was another",
            0xC0 | left: "63 CX: only the last digit is the counter",
        },
    )
