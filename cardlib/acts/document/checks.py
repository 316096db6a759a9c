# SPDX-License-Identifier: MIT
"""What proves a travel document: hashes, their signature, its certificate, the chip (ICAO Doc 9303-11, 5 and 6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...core.errors import NotVerifiable
from ...core.model import Evidence, Exchange, Outcome, Proof
from ...core.secure import objects_of
from ...crypto.chip import active_authentication
from ...crypto.cms import SecurityObject, is_issued_by, security_object, signature_is_right
from ...crypto.keyring import Key
from ...crypto.messaging import VERIFIED
from ...road.unlock import CHIP_AUTHENTICATED, in_clear, opening_of
from ..act import whole_answer
from .reads import KEY_FILE, SOD, FileRead, group_of
from .terminal import terminal_steps

_VERDICTS: dict[bool, Outcome] = {True: "verified", False: "failed"}


def document_proofs(
    reads: Sequence[FileRead],
    answers: Sequence[Exchange],
    keys: Sequence[Key],
    exchanges: Sequence[Exchange] = (),
) -> Iterator[Proof]:
    """Passive and active authentication, then that of the terminal; what is missing for one is said."""
    whole = {read.name: read for read in reads if read.is_whole}
    yield from _passive(whole, keys)
    for exchange in answers:
        yield _active(whole.get(KEY_FILE), exchange)
    yield from _chip(exchanges)
    for step in terminal_steps(exchanges, keys):
        yield step.proof


def _passive(whole: dict[str, FileRead], keys: Sequence[Key]) -> Iterator[Proof]:
    sod = whole.get(SOD)
    if sod is None:
        return
    evidence = _evidence(sod)
    try:
        content = security_object(sod.value)
    except NotVerifiable as error:
        yield Proof("hashes of the data groups", "not checkable", error.reason, evidence=evidence)
        return
    for name, read in whole.items():
        group = group_of(name)
        if group:
            yield _group_proof(content, group, read)
    yield _signature_proof(content, evidence)
    yield _issuer_proof(content, keys, evidence)


def _group_proof(content: SecurityObject, group: int, read: FileRead) -> Proof:
    """Whether a data group is what was signed."""
    name = f"hash of DG{group}"
    agrees = content.agrees(group, read.value)
    if agrees is None:
        return Proof(name, "not checkable", "EF.SOD has no hash of it", evidence=_evidence(read))
    reason = ""
    if not agrees:
        reason = f"the {content.hash_name} of what was read is not that in EF.SOD"
    return Proof(name, _VERDICTS[agrees], reason, evidence=_evidence(read))


def _signature_proof(content: SecurityObject, evidence: tuple[Evidence, ...]) -> Proof:
    name = "signature of the document signer"
    try:
        is_right = signature_is_right(content)
    except NotVerifiable as error:
        return Proof(name, "not checkable", error.reason, evidence=evidence)
    reason = ""
    if not is_right:
        reason = "EF.SOD was not signed like this with the certificate in it"
    return Proof(name, _VERDICTS[is_right], reason, evidence=evidence)


def _issuer_proof(
    content: SecurityObject, keys: Sequence[Key], evidence: tuple[Evidence, ...]
) -> Proof:
    """Whether a country's certificate that was given signed the one in EF.SOD."""
    name = "certificate of the document signer"
    countries = [key.value for key in keys if key.use == "csca"]
    if not countries:
        reason = "the certificate of the country (CSCA) is not given"
        return Proof(name, "not checkable", reason, evidence=evidence)
    try:
        is_known = any(is_issued_by(content.certificate, country) for country in countries)
    except NotVerifiable as error:
        return Proof(name, "not checkable", error.reason, evidence=evidence)
    reason = ""
    if not is_known:
        reason = "none of the certificates given issued it"
    return Proof(name, _VERDICTS[is_known], reason, evidence=evidence)


def _active(key_file: FileRead | None, exchange: Exchange) -> Proof:
    """Whether the chip has the private half of the key in DG15."""
    name = "active authentication"
    evidence = _answer(exchange)
    clear = in_clear(exchange)
    if key_file is None or clear.command is None or clear.response is None:
        return Proof(name, "not checkable", "DG15 with its key was not read", evidence=evidence)
    try:
        key = objects_of(key_file.value)[0].value
        answer = active_authentication(key, clear.command.data, clear.response.data)
    except NotVerifiable as error:
        return Proof(name, "not checkable", error.reason, evidence=evidence)
    if answer.is_right:
        return Proof(name, "verified", answer.algorithm, evidence=evidence)
    reason = f"the signature is not of the key in DG15 over the challenge ({answer.algorithm})"
    return Proof(name, "failed", reason, evidence=evidence)


def _chip(exchanges: Sequence[Exchange]) -> Iterator[Proof]:
    """Chip authentication: the first answer under keys that only the owner of the chip's static key has (6.2)."""
    for exchange in exchanges:
        opened = opening_of(exchange, exchange.context)
        if opened is None or CHIP_AUTHENTICATED not in opened.how:
            continue
        if opened.remarks[1] == VERIFIED:
            reason = "the answer is authentic under the keys that follow from the key in DG14"
            yield Proof("chip authentication", "verified", reason, evidence=_answer(exchange))
            return


def _evidence(read: FileRead) -> tuple[Evidence, ...]:
    """The answers that a file was read with."""
    return tuple(part for exchange in read.exchanges for part in _answer(exchange))


def _answer(exchange: Exchange) -> tuple[Evidence, ...]:
    if exchange.response is None:
        return ()
    return (whole_answer(exchange),)
