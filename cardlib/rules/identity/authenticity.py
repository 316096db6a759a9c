# SPDX-License-Identifier: MIT
"""Rules about whether a travel document is genuine: signed hashes, the signer, the key of the chip."""

from __future__ import annotations

from typing import Any

from ...acts.document.reads import KEY_FILE, FileRead
from ...apps.instructions import INTERNAL_AUTHENTICATE
from ...core.errors import NotVerifiable
from ...core.model import Exchange
from ...core.secure import is_protected, objects_of
from ...crypto import roca
from ...crypto.chip import loaded_key
from ...crypto.cms import loaded_certificate, signature_hash
from ...crypto.x509 import key_title
from ...road.unlock import gives_new_keys, in_clear
from ..engine import Missing, Result, Results, fails_if
from ..sources import B08, NSSKM17
from .document import (
    DOC10,
    DOC11,
    MAX_SHOWN,
    MIN_CURVE,
    MIN_MODULUS,
    STRENGTHS,
    Document,
    answers_of,
    document_rule,
    listed_groups,
    names_of,
    offers,
    shown,
    signed,
)

CHIP_GROUPS = {14, 15}
WEAK_HASH = "SHA-1"
MAPPED = "chip authentication"  # the mapping of PACE that proves the chip too


@document_rule("I06", "high", "nothing that shows whether the chip is a copy", f"{DOC11}, 6")
def no_proof_of_chip(document: Document) -> Results:
    """The signed list has neither DG14 nor DG15: all data can be copied to another chip, signature and all, and nobody
    can tell. Do: know that the data may be genuine and the document a copy; compare it with the printed page.
    """
    security, read = signed(document)
    has_proof = bool(CHIP_GROUPS & security.hashes.keys())
    detail = f"EF.SOD signs {names_of(security.hashes)}"
    if not has_proof and _offers_mapping(document):
        detail += "; PACE with chip authentication mapping"
        has_proof = True
    yield fails_if(not has_proof, detail, *shown(read))


def _offers_mapping(document: Document) -> bool:
    """Whether the chip proves itself within PACE (Doc 9303-11, 4.4.3.5)."""
    listed = document.card_access
    if listed is None:
        return False
    return any(offer.method.mapping == MAPPED for offer in offers(listed))


@document_rule("I07", "critical", "EF.COM hides what EF.SOD signs", f"{DOC10}, 4.6.1; {B08}")
def hidden_groups(document: Document) -> Results:
    """EF.COM, which nobody signs, leaves out a data group of which EF.SOD has a hash: this is how a copy hides the key
    of the chip from terminals that rely on EF.COM. Do: go by EF.SOD; refuse the document.
    """
    security, read = signed(document)
    listing = listed_groups(document)
    if listing is None:
        return
    listed, listed_in = listing
    hidden = security.hashes.keys() - listed
    detail = "EF.COM lists what EF.SOD signs"
    if hidden:
        detail = f"EF.COM does not list {names_of(hidden)}"
    yield fails_if(hidden, detail, *shown(listed_in), *shown(read))


@document_rule("I08", "critical", "a data group is not what was signed", f"{DOC11}, 5.1")
def changed_group(document: Document) -> Results:
    """The hash of what was read is not the one in EF.SOD, or there is none: name, face or key were changed, or were
    never issued. Do: refuse the document.
    """
    for proof in document.proofs("hash of ", "hashes of "):
        if proof.name.startswith("hashes of "):
            raise Missing(proof.reason)
        is_wrong = proof.verdict != "verified"
        detail = f"{proof.name}: {proof.reason or proof.verdict}"
        yield fails_if(is_wrong, detail, *proof.evidence[:MAX_SHOWN])


@document_rule("I16", "critical", "the signature of the hashes is wrong", f"{DOC11}, 5.1")
def wrong_signature(document: Document) -> Results:
    """EF.SOD was not signed with the certificate that lies in it: the hashes were changed. Do: refuse the document."""
    yield from _judged_by(document, "signature of ")


@document_rule(
    "I17",
    "critical",
    "signed by nobody whom the country knows",
    f"{DOC11}, 5.1",
    "the certificate of the country",
)
def unknown_signer(document: Document) -> Results:
    """None of the country certificates given here issued the document signer's certificate: anyone who makes a document
    can sign it with a key of their own. Do: refuse it, or fetch the certificates that are missing.
    """
    yield from _judged_by(document, "certificate of ")


@document_rule("I20", "critical", "the chip does not have its key", f"{DOC11}, 6.1")
def wrong_answer(document: Document) -> Results:
    """The answer of the chip to active authentication is not made with the private half of the key in DG15: a copy of
    the data on another chip. Do: refuse the document.
    """
    yield from _judged_by(document, "active authentication")


def _judged_by(document: Document, name: str) -> Results:
    """The verdict of a proof as that of a rule."""
    for proof in document.proofs(name):
        if proof.verdict not in ("verified", "failed"):
            yield Result("not-enough-data", proof.reason)
            continue
        detail = proof.reason or proof.verdict
        yield fails_if(proof.verdict == "failed", detail, *proof.evidence[:MAX_SHOWN])


@document_rule("I18", "medium", "the hashes are signed with weak algorithms", STRENGTHS)
def weak_signature(document: Document) -> Results:
    """SHA-1, or a key of the document signer below 2048 bits of RSA or 224 of a curve: another document with the same
    hash, or the key itself, comes within reach. Do: know it; the issuer has to change it.
    """
    security, read = signed(document)
    key = _signer_key(security.certificate)
    hashes = {security.hash_name, security.signer_hash, signature_hash(security)}
    is_weak = WEAK_HASH in hashes or _is_small(key)
    detail = f"{', '.join(sorted(hashes))}; {key_title(key)}"
    yield fails_if(is_weak, detail, *shown(read))


def _signer_key(certificate: bytes) -> Any:
    """The key of the document signer; its curve may be one that the package does not have."""
    try:
        return loaded_certificate(certificate).public_key()
    except NotVerifiable:
        raise
    except Exception:  # hostile bytes may fail anywhere in the package
        raise Missing("the key of the document signer cannot be read") from None


def _is_small(key: Any) -> bool:
    least = MIN_CURVE if hasattr(key, "curve") else MIN_MODULUS
    return bool(getattr(key, "key_size", least) < least)


@document_rule("I13", "low", "the key of the chip is weak", f"{STRENGTHS}; {NSSKM17}")
def weak_chip_key(document: Document) -> Results:
    """The key for active authentication is short, or from a library whose keys can be factored: whoever finds the
    private half can make a chip that passes. Do: do not rely on active authentication alone.
    """
    read = document.file(KEY_FILE)
    if read is None:
        return
    key = _chip_key(read)
    modulus = getattr(key.public_numbers(), "n", 0)
    is_roca = bool(modulus) and roca.weak(modulus.to_bytes((modulus.bit_length() + 7) // 8))
    detail = key_title(key)
    if is_roca:
        detail += ", of the kind that can be factored (ROCA)"
    yield fails_if(is_roca or _is_small(key), detail, *shown(read))


def _chip_key(read: FileRead) -> Any:
    key = loaded_key(objects_of(read.value)[0].value)
    if not hasattr(key, "key_size"):
        raise Missing("the key in DG15 is neither of RSA nor of a curve")
    return key


@document_rule("I19", "medium", "the chip was not asked for its proof", f"{DOC11}, 6")
def proof_skipped(document: Document) -> Results:
    """The document has a key with which its chip proves that it is no copy (DG14 or DG15), and the terminal asked for
    neither active nor chip authentication. Do: ask wherever it matters whether the document is a copy.
    """
    security, read = signed(document)
    groups = CHIP_GROUPS & security.hashes.keys()
    if not groups:
        return
    asked = _proofs_asked(document)
    detail = "the chip was asked"
    if not asked:
        hole = document.hole(document.exchanges)
        if hole:
            raise Missing(f"the question may be hidden: {hole}")
        detail = f"EF.SOD signs {names_of(groups)}; no active and no chip authentication"
    yield fails_if(not asked, detail, *answers_of(asked), *shown(read))


def _proofs_asked(document: Document) -> list[Exchange]:
    """Where the terminal asked for active or chip authentication, or used a mapping that gives the latter."""
    asked: list[Exchange] = []
    access = document.access
    if access is not None and access.went_well and f"{MAPPED} mapping" in access.protocol:
        asked += access.exchanges[-1:]
    for exchange in document.exchanges:
        command = in_clear(exchange).command
        if command is None or exchange.command is None or is_protected(command):
            continue
        is_in_channel = is_protected(exchange.command)  # outside of it, the commands are of PACE
        is_chip_authentication = is_in_channel and gives_new_keys(command)
        if command.ins == INTERNAL_AUTHENTICATE or is_chip_authentication:
            asked.append(exchange)
    return asked
