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


def _payment(traces: Path, name: str) -> tuple[Transaction, list[Proof]]:
    """The first payment of a trace, and what is computed again of it with the keys of the traces."""
    keys = [traces / "makers" / "keyring.toml"]
    payment = cardlib.transactions(read(traces, f"{name}.card.jsonl"), keys=keys)[0]
    return payment, cardlib.proofs(payment)


@exercise("11.1")
def _(traces: Path) -> Solved:
    slot, tap = (len(read(traces, f"{name}.card.jsonl").exchanges) for name in ("contact_purchase", "tap_visa_high"))
    return Solved(
        slot - tap,
        "print both captures; the exchanges are numbered from 0",
        f"by contact there are {slot} exchanges, in the tap {tap}",
    )


@exercise("11.2")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, "tap_wallet.card.jsonl").exchanges, "9F6C")
    return Solved(
        to_hex(node.value),
        "look for tag 9F6C; the value may be given as bytes or as hex",
        f"9F6C holds {to_hex(node.value)}: {node.text}",
    )


@exercise("11.3")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contactless_tap.card.jsonl").exchanges
    took = ms(exchanges[-1].end_ns) - ms(exchanges[0].start_ns)
    return Solved(
        took,
        "take end_ns of the last exchange and start_ns of the first, and divide by a million",
        f"from the first command to the last response {took:.0f} ms pass (modelled), gaps and all",
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
    )


@exercise("13.2")
def _(traces: Path) -> Solved:
    _, computed = _payment(traces, "contact_cda")
    number = [dict(proof.facts)["dynamic number"] for proof in computed if proof.name == "CDA transaction data"][-1]
    return Solved(
        to_hex(number),
        "take 9F4B of exchange 14, open it with the key of the card, and skip the first five bytes",
        f"the opened signature has {to_hex(number)} behind its fifth byte, which is the length of this number",
    )


@exercise("13.3")
def _(traces: Path) -> Solved:
    _, computed = _payment(traces, "attack_cvm_list")
    names = [proof.name for proof in computed if proof.verdict == "failed"] or ["none"]
    return Solved(
        names[0],
        "print cardlib.proofs of that payment; it needs the keys of the traces; the answer is the name of a proof",
        f"of {len(computed)} proofs this one fails: {names[0]}",
    )


@exercise("14.1")
def _(traces: Path) -> Solved:
    how, card, values, iad = _sealed(traces)
    ac = methods.compute(how, card, values | {"9F02": bytes.fromhex("000000000100")}, iad)
    return Solved(
        to_hex(ac),
        "the first six bytes of what is sealed are the amount in cents, as decimal digits",
        f"with another amount the MAC is {to_hex(ac)}, instead of {to_hex(methods.compute(how, card, values, iad))}",
    )


@exercise("14.2")
def _(traces: Path) -> Solved:
    how, card, values, iad = _sealed(traces)
    ac = methods.compute(how, card, values, iad)
    return Solved(
        to_hex(arpc1(card, ac, b"05")),
        "only the two bytes of the decision change; mix and encipher as before",
        f"{to_hex(ac)} and 3035, mixed and enciphered, make {to_hex(arpc1(card, ac, b'05'))}",
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
        f"9F10 says {to_hex(part.value)}: {part.text}",
    )


@exercise("16.1")
def _(traces: Path) -> Solved:
    _, node = read_node(with_ins(read(traces, "contact_offline_declined.card.jsonl"), 0xAE), "95", 0)
    count = int.from_bytes(node.value, "big").bit_count()
    return Solved(
        count,
        "cardlib.find shows the TVR, tag 95, with the name of each bit that is set",
        f"{to_hex(node.value)} has {count} set: {node.text}",
    )


@exercise("16.2")
def _(traces: Path) -> Solved:
    payment, _ = _payment(traces, "contact_expired")
    [wish] = [why.split()[-1] for why in payment.why if why.startswith("the terminal asked for")]
    return Solved(
        wish,
        "P1 of GENERATE AC says it; the payment's why names it in words",
        f"the terminal asked for an {wish}; its reasons: {payment.why[2]}",
    )


@exercise("16.3")
def _(traces: Path) -> Solved:
    _, node = read_node(with_ins(read(traces, "contact_online_declined.card.jsonl"), 0xAE), "8A", 0)
    return Solved(
        to_hex(node.value),
        "tag 8A stands in the command of the second GENERATE AC",
        f"8A is {to_hex(node.value)}, two characters: {node.text}",
    )
