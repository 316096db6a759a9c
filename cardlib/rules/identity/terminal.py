# SPDX-License-Identifier: MIT
"""Rules about terminals: whether the chip believed one that had no right to be believed."""

from __future__ import annotations

from collections.abc import Iterator

from ...acts.document.terminal import CERTIFICATE, PROOF
from ..engine import Result, Results, fails_if
from .document import TR03110, Document, document_rule, terminal_steps_of

_ROOT = "the certificate of the country for terminals"


@document_rule(
    "I21", "critical", "a certificate that nobody above signed", f"{TR03110}, B.11.2", _ROOT
)
def wrong_chain(document: Document) -> Results:
    """The chip accepted a certificate of a terminal that was not signed with the key of the one above it: anyone can
    give a terminal the right to read fingerprints. Do: treat the chip as broken; it must verify the chain.
    """
    yield from _accepted_steps(document, CERTIFICATE)


@document_rule("I22", "critical", "a terminal that did not sign", f"{TR03110}, B.3", _ROOT)
def wrong_terminal(document: Document) -> Results:
    """The chip accepted a terminal whose signature is not of the certified key over the random number and the keys of
    this session: rights can be taken without having them. Do: treat the chip as broken.
    """
    yield from _accepted_steps(document, PROOF)


def _accepted_steps(document: Document, name: str) -> Iterator[Result]:
    """What the chip accepted of the terminal, and whether it is right."""
    for step in terminal_steps_of(document):
        proof = step.proof
        if proof.name != name or not step.was_accepted:
            continue
        if proof.verdict not in ("verified", "failed"):
            yield Result("not-enough-data", proof.reason)
            continue
        yield fails_if(proof.verdict == "failed", proof.reason, *proof.evidence)
