# SPDX-License-Identifier: MIT
"""Rules about how a travel document lets itself be read: PACE, basic access control, secure messaging."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...acts.document.reads import FileRead
from ...apps.instructions import (
    AGREE,
    EXTERNAL_AUTHENTICATE,
    GET_CHALLENGE,
    READ_BINARY,
    SELECT,
)
from ...core import tlv
from ...core.errors import NotVerifiable
from ...core.model import Command, Evidence, Exchange
from ...core.secure import is_protected, objects_of
from ...crypto.curves import Curve, Domain, domain_of
from ...crypto.messaging import may_end_with_mac
from ...crypto.pace import PACE
from ...road.unlock import in_clear
from ..engine import (
    Case,
    Cases,
    Missing,
    Result,
    Results,
    Step,
    enough,
    fails_if,
    one_side,
    series_rule,
    steps,
    whole_half,
)
from ..joining import joined_by
from ..sources import AKQ08, HHJSW06
from .document import (
    BASIC,
    DENIED,
    DOC10,
    DOC11,
    DONE,
    MAX_SHOWN,
    MIN_CURVE,
    MIN_MODULUS,
    NAME,
    NOT_FOUND,
    STRENGTHS,
    Document,
    Offer,
    answers_of,
    document_rule,
    documents,
    groups_read,
    offers,
    shown,
)

CARD_ACCESS = b"\x01\x1c"
SHORT_CARD_ACCESS = 0x9C  # P1 of READ BINARY: bit 8 and the short identifier 1C
LAST_GROUP = 16
SECURITY_GROUPS = (14, 15)  # keys and protocols: nothing about the person
BIOMETRIC_GROUPS = (3, 4)
# A template without fingers or irises (Doc 9303-10, 4.7.3)
NO_INSTANCES = bytes.fromhex("7F6103020100")
GROUPS_OF_2048_BITS = (1, 2)  # nothing is computed in them here (9303-11, table 6)
NONCE = "80"  # in the template 7C of the first answer of PACE (9303-11, 4.4.4.1)


@document_rule(
    "I01", "medium", "the chip offers nothing but basic access control", f"{DOC11}, 4.2; {HHJSW06}"
)
def no_pace(document: Document) -> Results:
    """The keys of basic access control come from the machine-readable zone alone: whoever recorded a reading can try
    zones at leisure until one fits. PACE does not have this weakness. Do: know it; later documents have PACE.
    """
    listed = document.card_access
    if listed is not None:
        methods = offers(listed)
        if not methods and PACE in listed.value:
            raise Missing("EF.CardAccess lists a method of PACE that is not known here")
        detail = f"EF.CardAccess lists {len(methods)} methods of PACE"
        yield fails_if(not methods, detail, *shown(listed))
    elif _opened_with_basic(document):
        yield _without_list(document)


def _opened_with_basic(document: Document) -> bool:
    access = document.access
    return access is not None and access.went_well and access.protocol == BASIC


def _without_list(document: Document) -> Result:
    """Whether the chip said that it has no EF.CardAccess."""
    for exchange in document.exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None or response.sw != NOT_FOUND:
            continue
        is_selected = command.ins == SELECT and command.data == CARD_ACCESS
        is_read = command.ins == READ_BINARY and command.p1 == SHORT_CARD_ACCESS
        if is_selected or is_read:
            detail = "there is no EF.CardAccess; basic access control opened the chip"
            return fails_if(True, detail, whole_half(exchange, "response"))
    raise Missing("whether there is an EF.CardAccess is not in this capture")


@document_rule("I15", "high", "basic access control although the chip offers PACE", f"{DOC11}, 4.2")
def downgrade(document: Document) -> Results:
    """The chip lists PACE, and yet basic access control was used: the terminal is old, or somebody in between makes
    PACE fail, so that the weaker protocol can be recorded and searched. Do: terminals must prefer PACE.
    """
    listed, access = document.card_access, document.access
    if listed is None or access is None or not access.went_well or not offers(listed):
        return
    is_basic = access.protocol == BASIC
    detail = f"EF.CardAccess lists PACE; used: {access.protocol}"
    yield fails_if(is_basic, detail, *answers_of(access.exchanges[-1:]), *shown(listed))


@document_rule("I14", "low", "PACE with small parameters", f"{DOC11}, table 6; {STRENGTHS}")
def small_parameters(document: Document) -> Results:
    """The chip offers PACE over a group of 1024 bits or a curve of 192, or with 3DES: below what is advised today. Do:
    prefer the better ones it has; leave these out of later documents.
    """
    listed = document.card_access
    if listed is None:
        return
    for offer in offers(listed):
        yield _of_parameters(offer, listed)


def _of_parameters(offer: Offer, listed: FileRead) -> Result:
    """Whether a method of PACE computes with small parameters; they may be unknown."""
    title = offer.method.title
    uses_3des = offer.method.cipher == "3DES"
    places = shown(listed)
    if offer.domain in GROUPS_OF_2048_BITS:
        return fails_if(uses_3des, f"{title}, a group of 2048 bits", *places)
    domain = _domain_of(offer)
    if domain is not None:
        least = MIN_CURVE if isinstance(domain, Curve) else MIN_MODULUS
        is_small = domain.p.bit_length() < least
        return fails_if(is_small or uses_3des, f"{title}, {domain.name}", *places)
    if uses_3des:
        return fails_if(True, title, *places)
    return Result("not-enough-data", f"{title}: its domain parameters are not known here")


def _domain_of(offer: Offer) -> Domain | None:
    """The standardised parameters that an offer names; None for others."""
    if offer.domain is None:
        return None
    try:
        return domain_of(offer.domain)
    except NotVerifiable:
        return None


def random_values(case: Case) -> Iterator[bytes]:
    """The challenges and the enciphered nonces of the chip."""
    for _, _, value in _random_numbers(case):
        yield value


@series_rule("I05", "critical", "random numbers of the chip repeat", f"{DOC11}, 4.3.1 and 4.4.4.1")
@joined_by(random_values)
def repeated_numbers(cases: Cases) -> Results:
    """The chip gave the same challenge, or the same enciphered nonce, twice: what was recorded once can be played
    again, and whoever carries the document can be recognised. Do: treat the chip as broken or as a copy.
    """
    numbers: list[tuple[int, bytes]] = []
    places = []
    for case in one_side(cases):
        for step, start, value in _random_numbers(case):
            numbers.append((step.command.ins, value))
            stop = start + len(value)
            places.append(Evidence(step.exchange.index, "response", start, stop, case.file))
    enough(numbers, 2, "random numbers")
    counts = Counter(numbers)
    detail = f"{len(counts)} different of {len(numbers)}"
    repeated = [place for place, number in zip(places, numbers, strict=True) if counts[number] > 1]
    evidence = repeated or places
    yield fails_if(repeated, detail, *evidence[:MAX_SHOWN])


def _random_numbers(case: Case) -> Iterator[tuple[Step, int, bytes]]:
    """The challenges and the enciphered nonces of the chip, with the byte where each begins."""
    sessions = {document.exchanges[0].session for document in documents(case)}
    for step in steps(case):
        data = step.response.data
        if step.exchange.session not in sessions or step.response.sw != DONE or not data:
            continue
        is_of_document = step.exchange.context.application == NAME
        if step.command.ins == GET_CHALLENGE and is_of_document:
            if not is_protected(step.command):
                yield step, 0, data
        elif step.command.ins == AGREE and not is_protected(step.command):
            nonce = tlv.first(data, NONCE).get(NONCE, b"")
            if nonce:
                yield step, data.index(nonce), nonce


@document_rule(
    "I03", "critical", "the person's data without access control", f"{DOC11}, 4.2; {AKQ08}"
)
def read_in_clear(document: Document) -> Results:
    """A data group about the person was read without secure messaging: whoever comes near enough reads it, and the
    holder does not notice. Do: the chip must ask for PACE or basic access control first.
    """
    for group, read in groups_read(document):
        first = read.exchanges[0]
        if group in SECURITY_GROUPS or first.context.how != "selected":
            continue
        is_open = any(not _is_secured(exchange) for exchange in read.exchanges)
        outcome = "in clear" if is_open else "under secure messaging"
        yield fails_if(is_open, f"DG{group} read {outcome}", *shown(read))
    yield from _refusals(document)


def _is_secured(exchange: Exchange) -> bool:
    return exchange.command is not None and is_protected(exchange.command)


def _refusals(document: Document) -> Results:
    """Where the chip refused a data group because nothing had opened it."""
    for exchange in document.exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None or exchange.context.application != NAME:
            continue
        group = _group_asked_for(command)
        if response.sw == DENIED and group and not is_protected(command):
            detail = f"DG{group} refused without secure messaging"
            yield fails_if(False, detail, whole_half(exchange, "response"))


def _group_asked_for(command: Command) -> int:
    """The data group about the person that a command in clear names by file or short identifier; 0 for others."""
    group = 0
    if command.ins == SELECT and command.p1 in (0, 2) and command.data[:1] == b"\x01":
        group = int.from_bytes(command.data[1:])
    elif command.ins == READ_BINARY and command.p1 & 0x80:
        group = command.p1 & 0x1F
    is_of_person = 1 <= group <= LAST_GROUP and group not in SECURITY_GROUPS
    return group if is_of_person else 0


@document_rule(
    "I09", "critical", "fingers or irises without terminal authentication", f"{DOC10}, 4.7.3"
)
def biometrics_open(document: Document) -> Results:
    """Fingerprints or irises were read, and the terminal had not proved that it may: any terminal that knows the
    machine-readable zone can have them. Do: the chip must ask for terminal authentication.
    """
    for group, read in groups_read(document):
        if group not in BIOMETRIC_GROUPS or NO_INSTANCES in read.content:
            continue
        yield _after_proof(document, group, read.exchanges)


def _after_proof(document: Document, group: int, reading: tuple[Exchange, ...]) -> Result:
    """Whether the terminal proved its rights before this reading."""
    before = [part for part in document.exchanges if part.index < reading[0].index]
    places = answers_of(reading)
    for exchange in before:
        command, response = in_clear(exchange).command, in_clear(exchange).response
        if command is None or response is None or not _is_secured(exchange):
            continue
        if command.ins == EXTERNAL_AUTHENTICATE and response.sw == DONE:
            return fails_if(False, f"DG{group} after terminal authentication", *places)
    hole = document.hole(before)
    if hole:
        return Result("not-enough-data", f"the proof may be hidden: {hole}")
    return fails_if(True, f"DG{group} without terminal authentication", *places)


@document_rule("I10", "critical", "answers without a MAC under secure messaging", f"{DOC11}, 9.8")
def answers_without_mac(document: Document) -> Results:
    """The chip carried out a command under secure messaging and answered without a MAC: somebody in between can answer
    in its place. Do: terminals must refuse such answers, chips must not give them.
    """
    bare, checked, damaged = [], [], []
    for exchange in document.exchanges:
        response = exchange.response
        if response is None or response.sw != DONE or not _is_secured(exchange):
            continue
        tags = {item.tag for item in objects_of(response.data)}
        if "8E" in tags:
            checked.append(exchange)
        elif may_end_with_mac(response.data):
            damaged.append(exchange)
        else:
            bare.append(exchange)
    if damaged and not bare:
        yield Result("not-enough-data", f"{len(damaged)} answers are damaged where a MAC may stand")
    elif bare or checked:
        detail = f"{len(bare)} of {len(bare) + len(checked)} answers without a MAC"
        yield fails_if(bare, detail, *answers_of(bare or checked))
