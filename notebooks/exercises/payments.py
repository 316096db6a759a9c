# SPDX-License-Identifier: MIT
"""The exercises on payments: the tap, certificates, cryptograms and decisions, 11 to 16."""

from __future__ import annotations

from pathlib import Path

import cardlib
from cardlib.acts.emv.transaction import Transaction
from cardlib.core.codec import to_hex
from cardlib.core.model import Proof
from cardlib.crypto import methods
from cardlib.crypto.cryptogram import arpc1
from cardlib.crypto.keyring import fitting, shipped
from cardlib.crypto.keys import card_key

from .engine import Solved, exercise, ms, read, read_node, with_ins

FLOOR_LIMIT = 0x8000  # byte 4, bit 8 of the TVR (EMV Book 3, C5)


def _payment(traces: Path, name: str) -> tuple[Transaction, list[Proof]]:
    """The first payment of a trace, and what is computed again of it with the keys of the traces."""
    keys = [traces / "makers" / "keyring.toml"]
    payment = cardlib.transactions(read(traces, f"{name}.card.jsonl"), keys=keys)[0]
    return payment, cardlib.proofs(payment)


@exercise("11.1")
def _(traces: Path) -> Solved:
    captures = [read(traces, f"{name}.card.jsonl") for name in ("contact_purchase", "tap_visa_high")]
    slot, tap = (sum(_bytes_of(e) for e in capture.exchanges) for capture in captures)
    counts = [len(capture.exchanges) for capture in captures]
    return Solved(
        100 * tap / slot,
        "add len(raw) of commands and answers in each, and divide the tap by the slot",
        f"the tap needs {tap} bytes and {counts[1]} exchanges, the slot {slot} bytes and {counts[0]}",
        slips={
            100 * counts[1] / counts[0]: "that is the share of exchanges; the question is about bytes",
            100 * slot / tap: "divided the wrong way round",
            100 - 100 * tap / slot: "that is how much is saved; how much is still said?",
        },
        unit="%",
    )


def _bytes_of(exchange: cardlib.Exchange) -> int:
    """The bytes of command and answer."""
    return sum(len(half.raw) for half in (exchange.command, exchange.response) if half is not None)


@exercise("11.2")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, "tap_visa_high.card.jsonl").exchanges, "9F6C")
    honest = int.from_bytes(node.value, "big")
    return Solved(
        f"{honest | 0x0080:04X}",
        "look up 9F6C of tap_visa_high and of the phone: which bit does the phone set that the card does not?",
        f"9F6C was {honest:04X}; the bit of a verification on the device is the highest of the second byte",
        slips={
            "0080": "that is what the phone sends; here every other bit of the card stays",
            f"{honest:04X}": "that is the honest answer; one bit is missing",
            f"{honest | 0x8000:04X}" if honest < 0x8000 else "8000": "that bit asks for an online PIN",
            f"{honest | 0x0001:04X}": "the highest bit of the byte, not the lowest: bit 8 is on the left",
        },
    )


@exercise("11.3")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contactless_tap.card.jsonl").exchanges
    took = ms(exchanges[-1].end_ns) - ms(exchanges[0].start_ns)
    answering = sum(ms(e.duration_ns) for e in exchanges)
    return Solved(
        took,
        "take end_ns of the last exchange and start_ns of the first, and divide by a million",
        f"from the first command to the last response {took:.0f} ms pass (modelled), gaps and all",
        slips={
            answering: "that is answering alone; the card stays in the field during the gaps, too",
            ms(exchanges[-1].end_ns): "the field was on before the first command; count from there",
            ms(exchanges[-1].start_ns) - ms(exchanges[0].start_ns): "the last answer must arrive, too",
        },
        unit="ms",
    )


@exercise("13.1")
def _(traces: Path) -> Solved:
    payment, _ = _payment(traces, "contact_sda")
    texts = [said.text for phase in payment.phases for said in phase.said]
    size = int(next(text for text in texts if text.startswith("signed static data")).split()[3])
    return Solved(
        size,
        "the phase of offline data authentication says how many bytes of static data are signed",
        f"{size} bytes of records and AIP are signed",
        slips={
            size - 2: "what the list 9F4A names belongs to it as well: the AIP",
            size + 3: "tag and length of the record do not count for these files",
            156: "that is the card of the notebook; the question is about another one",
        },
        unit="bytes",
    )


@exercise("13.2")
def _(traces: Path) -> Solved:
    _, computed = _payment(traces, "contact_cda")
    numbers = [dict(proof.facts)["dynamic number"] for proof in computed if proof.name == "CDA transaction data"]
    number = numbers[-1]
    return Solved(
        to_hex(number),
        "take 9F4B of exchange 14, open it with the key of the card, and skip the first five bytes",
        f"the opened signature has {to_hex(number)} behind its fifth byte, which is the length of this number",
        slips={
            to_hex(numbers[0]): "that is the number of exchange 13; the card drew a new one",
            f"08{to_hex(number)}": "08 is the length of the number",
            to_hex(number)[:-2]: "the number has eight bytes",
        },
    )


@exercise("13.3")
def _(traces: Path) -> Solved:
    _, computed = _payment(traces, "attack_cvm_list")
    names = [proof.name for proof in computed if proof.verdict == "failed"] or ["none"]
    return Solved(
        names[0],
        "print cardlib.proofs of that payment; it needs the keys of the traces; the answer is the name of a proof",
        f"of {len(computed)} proofs this one fails: {names[0]}",
        slips={
            "issuer certificate": "it holds the issuer's key, and no data of the card",
            "cryptogram": "the card computes it with its own list in mind, which was not changed",
            "DDA": "it signs the terminal's number; the list is elsewhere",
            "CDA": "it signs the decision; the list is elsewhere",
            "8E": "that is the element that was changed; which proof covers it?",
        },
    )


@exercise("14.1")
def _(traces: Path) -> Solved:
    how, card, values, iad = _sealed(traces)
    captured = methods.compute(how, card, values, iad)

    def with_amount(digits: str) -> str:
        return to_hex(methods.compute(how, card, values | {"9F02": bytes.fromhex(digits)}, iad))

    ac = with_amount("000000000100")
    return Solved(
        ac,
        "the first six bytes of what is sealed are the amount in cents, as decimal digits",
        f"with another amount the MAC is {ac}, instead of {to_hex(captured)}",
        slips={
            to_hex(captured): "that is the one of the capture, over 42.50 EUR",
            with_amount("000000000001"): "that is over one cent: 1.00 EUR are a hundred",
            with_amount("000000000064"): "the amount is written in decimal digits, not in hex",
        },
    )


@exercise("14.2")
def _(traces: Path) -> Solved:
    how, card, values, iad = _sealed(traces)
    ac = methods.compute(how, card, values, iad)
    return Solved(
        to_hex(arpc1(card, ac, b"05")),
        "only the two bytes of the decision change; mix and encipher as before",
        f"{to_hex(ac)} and 3035, mixed and enciphered, make {to_hex(arpc1(card, ac, b'05'))}",
        slips={
            to_hex(arpc1(card, ac, b"00")): "that is the answer that was sent: approved",
            to_hex(arpc1(card, ac, b"\0\5")): 'the decision is two characters, "05" or 3035',
            to_hex(arpc1(card, ac, b"50")): 'the characters are "0", then "5"',
        },
    )


def _sealed(traces: Path) -> tuple[methods.Method, bytes, dict[str, bytes], bytes]:
    """What the first cryptogram of contact_purchase is made from: version, card key, values by tag, 9F10."""
    capture = read(traces, "contact_purchase.card.jsonl")
    ask, exchanges = with_ins(capture, 0xAE)[:1], capture.exchanges
    values = {tag: read_node(ask, tag, 0)[1].value for tag in methods.TERMINAL}
    values |= {tag: read_node(exchanges, tag)[1].value for tag in ("82", "9F36", "9F10", "5A", "5F34")}
    [master, *_] = fitting(shipped(), "imk-ac", rid=methods.VISA)
    card = card_key(master.value, values["5A"].hex(), values["5F34"].hex())
    return methods.method(methods.VISA, values["9F10"]), card, values, values["9F10"]


@exercise("14.3")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, "tap_wallet.card.jsonl").exchanges, "9F10")
    part = next(child for child in node.children if child.name == "cryptogram version")
    return Solved(
        to_hex(part.value),
        'cardlib.find with "cryptogram version" looks for a part of a name',
        f"byte 3 of 9F10, {to_hex(node.value)}, is {to_hex(part.value)}",
        slips={
            "0A": "that is the card in the slot; the question is about the phone",
            "12": "that is the card of tap_visa_high; the question is about the phone",
            to_hex(node.value[:1]): "that is the length of what follows",
        },
    )


@exercise("16.1")
def _(traces: Path) -> Solved:
    _, node = read_node(with_ins(read(traces, "contact_offline_declined.card.jsonl"), 0xAE), "95", 0)
    found = int.from_bytes(node.value, "big")
    return Solved(
        f"{found & ~FLOOR_LIMIT:010X}",
        "cardlib.find shows the TVR, tag 95, with the name of each bit that is set; one of them goes",
        f"{found:010X} is {node.text}; without the floor limit {found & ~FLOOR_LIMIT:010X} is left",
        slips={
            f"{found:010X}": "that is the TVR as it was sent; the amount would be lower",
            f"{FLOOR_LIMIT:010X}": "that is the bit which goes; what is left?",
            "0000000000": "the other bit has nothing to do with the amount",
        },
    )


@exercise("16.2")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_expired.card.jsonl").exchanges
    tvr = int.from_bytes(read_node([e for e in exchanges if e.command and e.command.ins == 0xAE], "95", 0)[1].value)
    denial = int.from_bytes(read_node(exchanges, "9F0E")[1].value)
    right = denial & ~tvr
    return Solved(
        f"{right:010X}",
        "9F0E is the IAC denial; which of its bits does the TVR meet? only these must go",
        f"{denial:010X} and the TVR {tvr:010X} meet in {denial & tvr:010X}; without it {right:010X} stays",
        slips={
            f"{denial:010X}": "that is the code as it is; with it the answer is AAC",
            f"{denial & tvr:010X}": "that is the bit that decided; the code without it is asked",
            "0000000000": "that takes every other reason to decline away, too",
            f"{tvr:010X}": "that is the TVR",
        },
    )


@exercise("16.3")
def _(traces: Path) -> Solved:
    _, node = read_node(with_ins(read(traces, "contact_online_declined.card.jsonl"), 0xAE), "8A", 0)
    return Solved(
        to_hex(node.value),
        "tag 8A stands in the command of the second GENERATE AC",
        f"8A is {to_hex(node.value)}, two characters: {node.text}",
        slips={
            node.value.decode("latin-1"): "that is what the characters mean; which two bytes are they on the wire?",
            "3030": "that would be approved",
            "5A33": "that is Z3: the terminal could not reach the issuer",
        },
    )
