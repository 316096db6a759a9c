# SPDX-License-Identifier: MIT
"""A travel document as rules see it: one session, the files that were read in it, and how it was opened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ...acts.document.checks import document_proofs
from ...acts.document.reads import (
    COM,
    SOD,
    Access,
    FileRead,
    access_of,
    challenges,
    file_reads,
    group_of,
    shut,
)
from ...acts.document.terminal import TerminalStep, terminal_steps
from ...core.errors import NotVerifiable
from ...core.facts import facts
from ...core.model import Evidence, Exchange, Proof, record
from ...core.secure import Object, objects_of
from ...crypto.cms import SecurityObject, security_object
from ...crypto.pace import Method, method_of
from ...crypto.security_infos import security_infos
from ..engine import Case, Kind, NotAbout, whole_half

NAME = "emrtd"
DOC10, DOC11 = "ICAO Doc 9303-10", "ICAO Doc 9303-11"
TR03110 = "BSI TR-03110-3"
STRENGTHS = "NIST SP 800-57 part 1, table 2; NIST SP 800-131A"
MIN_MODULUS, MIN_CURVE = 2048, 224  # bits: a strength of 112 (SP 800-57 part 1, table 2)
BASIC = "basic access control"
DONE, DENIED, NOT_FOUND = 0x9000, 0x6982, 0x6A82
_CARD_ACCESS = ("EF.CardAccess", "file sfi 1C")
_GROUP = re.compile(r"DG(\d{1,2})")
_SET = b"\x31"
MAX_SHOWN = 8


@record
class Document:
    """One session with a travel document: its exchanges, the files that were read, each as often as it was begun."""

    case: Case
    exchanges: tuple[Exchange, ...]
    reads: tuple[FileRead, ...]

    def file(self, *names: str) -> FileRead | None:
        """The first of these files that was read to its end."""
        for read in self.reads:
            if read.name in names and read.is_whole:
                return read
        return None

    @property
    def access(self) -> Access | None:
        """The last protocol that opened the chip, or tried to."""
        return access_of(self.exchanges, ())

    @property
    def card_access(self) -> FileRead | None:
        """The file in which the chip lists its protocols."""
        read = self.file(*_CARD_ACCESS)
        if read is None or not read.content.startswith(_SET):
            return None
        return read

    def hole(self, exchanges: Iterable[Exchange]) -> str:
        """Why something may be hidden among these; empty if nothing is."""
        before = tuple(exchanges)
        if shut(before):
            return "commands under secure messaging are not opened"
        return self.case.hole(before)

    def proofs(self, *names: str) -> list[Proof]:
        """What the document proves, as far as it is about these."""
        answers = challenges(self.exchanges)
        keys = self.case.given.keys or ()
        every = document_proofs(self.reads, answers, keys, self.exchanges)
        return [proof for proof in every if proof.name.startswith(names)]


def terminal_steps_of(document: Document) -> list[TerminalStep]:
    """How the terminal proved itself, step by step."""
    return list(terminal_steps(document.exchanges, document.case.given.keys or ()))


def documents(case: Case) -> Iterator[Document]:
    """The sessions in which a travel document was selected."""
    sessions: dict[int, list[Exchange]] = {}
    for exchange in case.exchanges:
        sessions.setdefault(exchange.session, []).append(exchange)
    for exchanges in sessions.values():
        if any(exchange.context.application == NAME for exchange in exchanges):
            yield Document(case, tuple(exchanges), tuple(file_reads(exchanges)))


def _targets(cases: tuple[Case, ...]) -> Iterator[tuple[Document, str, str]]:
    for case in cases:
        for document in documents(case):
            yield document, case.file, ""


document_rule = Kind[Document](_targets, "a capture")


def signed(document: Document) -> tuple[SecurityObject, FileRead]:
    """EF.SOD taken apart, and how it was read; the rule says nothing where it was not."""
    read = document.file(SOD)
    if read is None:
        raise NotAbout
    return security_object(read.value), read


def listed_groups(document: Document) -> tuple[set[int], FileRead] | None:
    """The numbers of the data groups that EF.COM lists, and how it was read; None where it was not."""
    read = document.file(COM)
    if read is None:
        return None
    for template in objects_of(read.value):
        for item in objects_of(template.value):
            if item.tag == "5C":
                text = facts("iso7816", NAME).find("5C", "60").describe(item.value)
                return {int(number) for number in _GROUP.findall(text)}, read
    return None


@record
class Offer:
    """A method of PACE that the chip offers, and the number of its domain parameters; None where none is said."""

    method: Method
    domain: int | None


def offers(read: FileRead) -> list[Offer]:
    """The methods of PACE in EF.CardAccess (Doc 9303-11, 9.2.1)."""
    listed = []
    for parts in security_infos(read.value):
        offer = _offer(parts)
        if offer is not None:
            listed.append(offer)
    return listed


def _offer(parts: Sequence[Object]) -> Offer | None:
    """A PACEInfo: identifier, version 2, number of the domain parameters."""
    try:
        method = method_of(parts[0].value)
    except NotVerifiable:
        return None
    numbers = [int.from_bytes(part.value) for part in parts if part.tag == "02"]
    if len(numbers) < 2:
        return Offer(method, None)
    return Offer(method, numbers[1])


def answers_of(exchanges: Sequence[Exchange]) -> list[Evidence]:
    """The first answers of some exchanges, whole."""
    return [whole_half(exchange, "response") for exchange in exchanges[:MAX_SHOWN]]


def shown(read: FileRead) -> list[Evidence]:
    """The answers that a file was read with."""
    return answers_of(read.exchanges)


def names_of(groups: Iterable[int]) -> str:
    """Data groups by their numbers."""
    return ", ".join(f"DG{group}" for group in sorted(groups))


def groups_read(document: Document) -> Iterator[tuple[int, FileRead]]:
    """The data groups of which something was read."""
    for read in document.reads:
        group = group_of(read.name)
        if group:
            yield group, read
