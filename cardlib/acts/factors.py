# SPDX-License-Identifier: MIT
"""Which factors of authentication a session proved: the card, what somebody knows, a body, a device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike

from ..apps import facts_of
from ..apps.instructions import VERIFY
from ..core.model import Exchange, Proof
from ..road.meaning import with_views
from ..road.sources import Source, exchanges_of
from ..road.unlock import in_clear
from . import Transaction, acts, payment_factors
from .act import Act, whole_answer
from .factor import Factor, FactorKind, FactorOutcome

__all__ = ["Factor", "factors"]

VERIFY_OBJECTS = 0x21
_DATA_OF_A_BODY = b"\x7f\x2e"  # the biometric data template (ISO/IEC 7816-11)
_WRONG, _BLOCKED = 0x63C0, 0x6983
_OF_A_BODY = ("finger", "face", "iris")
# Proofs that only the owner of the card's key can give, by how their names begin
_PROOFS_OF_CARD = (
    "active authentication",
    "chip authentication",
    "DDA",
    "CDA",
    "fDDA",
    "cryptogram",
    "3G authentication",
    "2G authentication",
)


@with_views
def factors(source: Source, keys: Iterable[str | PathLike[str]] = ()) -> list[Factor]:
    """Each statement about a factor, in the order of time; keys let the proofs of cards be checked."""
    exchanges = tuple(exchanges_of(source))
    found = [factor for exchange in exchanges for factor in _verifications(exchange)]
    for act in acts(exchanges, keys=keys):
        found += _of_card(act)
        if isinstance(act.detail, Transaction):
            found += payment_factors(act.detail, _has_cryptogram(act))
    return sorted(found, key=lambda factor: factor.place)


def _verifications(exchange: Exchange) -> Iterator[Factor]:
    """A code or a body that the card compared; a VERIFY without data only asks."""
    clear = in_clear(exchange)
    command, response = clear.command, clear.response
    if command is None or response is None or response.sw is None or not command.data:
        return
    if command.protocol != "apdu" or command.ins not in (VERIFY, VERIFY_OBJECTS):
        return
    name = facts_of(exchange.context).reference(command.p2) or f"reference {command.p2:02X}"
    kind: FactorKind = "knowledge"
    is_of_body = command.data.startswith(_DATA_OF_A_BODY)
    if is_of_body or any(word in name for word in _OF_A_BODY):
        kind = "biometric"
    outcome, words, tries = _verdict(response.sw)
    if outcome == "proved" and clear is exchange:  # whoever stands in between can say so
        outcome = "claimed"
    if words:
        yield Factor(
            exchange.session, kind, outcome, f"{name}: {words}", (whole_answer(exchange),), tries
        )


def _verdict(sw: int) -> tuple[FactorOutcome, str, int | None]:
    """What the card said; no words where it did not compare."""
    if sw == 0x9000:
        return "proved", "right, says the answer", None
    if sw & 0xFFF0 == _WRONG:
        return "failed", "wrong", sw & 0x0F
    if sw == _BLOCKED:
        return "failed", "blocked", 0
    return "failed", "", None


def _of_card(act: Act) -> Iterator[Factor]:
    """Where the card proved that it has its key, or could not."""
    for proof in act.proofs:
        if not proof.name.startswith(_PROOFS_OF_CARD):
            continue
        outcome = _outcome(proof)
        if outcome is not None:
            text = f"{proof.name}: {proof.reason or proof.verdict}"
            yield Factor(act.session, "card", outcome, text, proof.evidence)


def _has_cryptogram(act: Act) -> bool:
    """Whether what the card says of itself stands under a cryptogram that verifies."""
    return any(
        proof.verdict == "verified" and proof.name.startswith("cryptogram") for proof in act.proofs
    )


def _outcome(proof: Proof) -> FactorOutcome | None:
    outcomes: dict[str, FactorOutcome] = {"verified": "proved", "failed": "failed"}
    return outcomes.get(proof.verdict)
