# SPDX-License-Identifier: MIT
"""A whole payment decoded and its authentication verified, against the packages emv (answers) and pyemv (cryptogram).

Neither peer opens a certificate: their work is to decode every answer and to recompute the cryptogram. Ours reads the
dialogue, decodes both sides and verifies certificates, SDA, the keys of card and PIN, DDA and the cryptogram.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import harness
import synthetic_payment as made

import cardlib
from cardlib.acts.emv.proofs import proofs
from cardlib.crypto.keyring import shipped

warnings.filterwarnings("ignore", ".*TripleDES")  # pyemv takes it from where it stood before
try:
    import pyemv
    from emv.protocol.response import RAPDU
except ImportError:
    pyemv = None

AIP = "7900"
LINES = [line for pair in made.card(aip=AIP) for line in pair]
TEXT = "\n".join(f"{'><'[place % 2]} {line}" for place, line in enumerate(LINES)) + "\n"
KEYS = (*shipped(), made.scheme_key())
DATA = dict(
    zip(
        ["9f02", "9f03", "9f1a", "95", "5f2a", "9a", "9c", "9f37"],
        (6, 6, 2, 5, 2, 3, 1, 4),
        strict=True,
    )
)
Elements = set[tuple[str, bytes]]


def read_and_decode() -> list[cardlib.Node]:
    return [cardlib.decode(exchange) for exchange in cardlib.read_text(TEXT).exchanges]


def decode_and_verify() -> tuple[list[cardlib.Node], Any]:
    capture = cardlib.read_text(TEXT)
    trees = [cardlib.decode(exchange) for exchange in capture.exchanges]
    (payment,) = cardlib.transactions(capture)
    return trees, proofs(payment, KEYS)


def peers_decode() -> list[Any]:
    return [RAPDU.unmarshal(bytes.fromhex(answer)).data for answer in LINES[1::2]]


def peers_compute() -> tuple[list[Any], str]:
    values, at = {"82": bytes.fromhex(AIP), "9f36": bytes.fromhex(made.ATC)}, 0
    sent = bytes.fromhex(made.SENT)
    for tag, size in DATA.items():
        values[tag], at = sent[at : at + size], at + size
    card = pyemv.cvn.VisaCVN10(made.MASTER, made.MASTER, made.MASTER, made.PAN, "00")
    given = {f"tag_{tag}": value for tag, value in values.items()}
    return peers_decode(), card.generate_ac(**given, cvr=bytes.fromhex(made.IAD[6:])).hex().upper()


def leaves(answer: Any) -> Iterator[tuple[str, bytes]]:
    """The data elements that `emv` found; lists of tags it divides, and those are left out."""
    for tag, value in answer.items():
        if isinstance(value, dict):
            yield from leaves(value)
        elif isinstance(value, bytes | bytearray):
            name = bytes((tag.id,)) if isinstance(tag.id, int) else bytes(tag.id)
            yield name.hex().upper(), bytes(value)


def same() -> str:
    """Assert that both sides find the same before anything is measured."""
    trees, checks = decode_and_verify()
    verdicts = {check.name: check.verdict for check in checks}
    assert set(verdicts.values()) == {"verified"}, verdicts
    told = f"  equal output: {len(checks)} proofs verified by cardlib"
    if pyemv is None:
        return told
    answers, cryptogram = peers_compute()
    assert cryptogram == made.cryptogram(AIP)
    ours = {(node.tag, node.value) for tree in trees for _, node in tree.walk()}
    theirs = {leaf for answer in answers if answer for leaf in leaves(answer)}
    assert theirs and theirs <= ours, theirs - ours
    return (
        f"{told}, the cryptogram by pyemv too; all {len(theirs)} data elements of emv are in ours"
    )


def repeat(job: Any, count: int) -> Any:
    def run() -> None:
        for _ in range(count):
            job()

    return run


def main() -> None:
    given = harness.options(__doc__ or "", count=100, rounds=7)
    harness.begin(
        "EMV: a payment decoded and verified, against emv and pyemv", "emv", "pyemv", "cryptography"
    )
    print(same())
    if not given.rounds:
        return
    jobs = {
        "cardlib, read and decoded": repeat(read_and_decode, given.count),
        "cardlib, decoded and verified": repeat(decode_and_verify, given.count),
    }
    if pyemv is not None:
        jobs["emv, answers decoded"] = repeat(peers_decode, given.count)
        jobs["emv and pyemv, with the cryptogram"] = repeat(peers_compute, given.count)
    times = harness.alternate(given.rounds, jobs)
    for name, own in times.items():
        harness.show(name, own, f"{1000 * own.medians[0] / given.count:.2f} ms a payment")
    own = list(times.values())
    if pyemv is not None:
        harness.ratio("cardlib / emv, decoded", own[0], own[2], "for information")
        harness.ratio(
            "cardlib verified / emv with pyemv",
            own[1],
            own[3],
            "for information: ours opens certificates",
        )


if __name__ == "__main__":
    main()
