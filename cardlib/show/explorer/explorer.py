# SPDX-License-Identifier: MIT
"""The explorer of a capture, or of two side by side: one file, or a widget in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any, TextIO

from ...core.errors import CaptureError, WhereError
from ...core.escape import counted
from ...core.model import Capture, Exchange, Finding, Side
from ...core.sequences import Listed
from ...core.where import parse
from ...road.growing import Growing
from ...road.meaning import views, with_views
from ...share.files import public_mode, write_file
from ...share.masking import handing_on
from ...share.ours import revealed
from ...share.veil import Veil, file_of
from ..where import Filter, judge_of
from .chunk import packed
from .growing import GrowingStore
from .notes import Notes, notes_of
from .page import MAX_DETAILS, page_parts, setup_of
from .pairs import pairs_chunk
from .store import Store
from .widget import Page, bundle

MAX_CAPTURES = 2


class Explorer:
    """A capture, or two, to walk in: `.save("page.html")` writes one file that needs nothing else."""

    def __init__(
        self,
        captures: Sequence[Capture | Growing],
        findings: Iterable[Finding] | None = None,
        notes: Notes | Mapping[Any, Any] | str | PathLike[str] | None = None,
        reveal: bool | None = None,
        where: str = "",
    ) -> None:
        if not 1 <= len(captures) <= MAX_CAPTURES:
            raise CaptureError("one capture is explored, or two side by side")
        self.sources = tuple(captures)
        self.findings = None if findings is None else tuple(findings)
        self.notes = notes_of(notes)
        self.reveal = reveal
        self.place: list[Any] = []  # number, side, start and stop of what is chosen
        self.pages: list[Page] = []
        self.filter = where

    def __len__(self) -> int:
        return sum(len(capture.exchanges) for capture in self.captures)

    @property
    def captures(self) -> tuple[Capture, ...]:
        """The captures; what is still being read is read to its end."""
        return tuple(
            source.capture if isinstance(source, Growing) else source for source in self.sources
        )

    @property
    def filter(self) -> str:
        """The filter of the list; the page in a notebook follows it, and it follows the page."""
        return self._filter

    @filter.setter
    def filter(self, where: str) -> None:
        parse(where)  # WhereError for what is no filter
        self._filter = where
        self.changed()

    def typed(self, where: str) -> None:
        """Take over what stands in the filter of a page; a page says itself what is wrong with it."""
        with suppress(WhereError):
            parse(where)
            self._filter = where

    @property
    def shown(self) -> Listed[Exchange]:
        """The exchanges of the first capture that match the filter."""
        capture = self.captures[0]
        expression = parse(self.filter)
        notes = {number: note.text for number, note in self.notes.items()}
        reveal = revealed(capture, self.reveal)
        chosen = Filter(expression, reveal, judge_of(capture, expression), notes)
        with views():
            return Listed(exchange for exchange in capture.exchanges if chosen.matches(exchange))

    @property
    def selected(self) -> Exchange | None:
        """The exchange of the first capture that was chosen last, in the page or with `go`."""
        for exchange in self.captures[0].exchanges:
            if self.place and exchange.index == self.place[0]:
                return exchange
        return None

    def go(self, exchange: int, side: Side = "response", start: int = 0, stop: int = 0) -> None:
        """Show an exchange, and light its bytes `start:stop`."""
        self.place = [exchange, side, start, stop]
        self.changed()

    def changed(self) -> None:
        """Tell the pages in notebooks what changed here."""
        for page in self.pages:
            page.follow(self)

    def _repr_mimebundle_(self, **given: Any) -> Any:
        """A widget, where anywidget is there; beside it the first lines, for whoever shows no widgets."""
        return bundle(self, **given)

    def __repr__(self) -> str:
        exchanges = sum(len(source.exchanges) for source in self.sources)
        is_read = all(not isinstance(source, Growing) or source.is_read for source in self.sources)
        size = counted(exchanges, "exchange")
        if not is_read:
            size = f"more than {size}"
        return f'Explorer of {size}: .save("page.html") writes a page'

    def stores(self, for_others: bool, details: int | None = None) -> list[Store]:
        """What a host may ask about each capture."""
        return [self._store_of(capture, for_others, details) for capture in self.captures]

    def _store_of(
        self, capture: Capture, for_others: bool = False, details: int | None = None
    ) -> Store:
        findings = self._findings_of(capture)
        return Store(capture, findings, revealed(capture, self.reveal), for_others, details)

    def growing_stores(self) -> list[Store | GrowingStore]:
        """The same for a host that shows a capture while it is read."""
        stores: list[Store | GrowingStore] = []
        for source in self.sources:
            if isinstance(source, Growing):
                reveal = revealed(source.path, self.reveal)
                stores.append(GrowingStore(source, reveal, self._store_of))
            else:
                stores.append(self._store_of(source))
        return stores

    def _findings_of(self, capture: Capture) -> list[Finding] | None:
        """Those of the given findings that are about a capture; about one alone, all."""
        if self.findings is None:
            return None
        if len(self.sources) == 1:
            return list(self.findings)
        names = {"", capture.path, file_of(capture)}
        return [one for one in self.findings if {place.file for place in one.evidence} <= names]

    def pairs(self) -> bytes | None:
        """How two captures stand side by side; None for one."""
        if len(self.sources) < MAX_CAPTURES:
            return None
        first, second = self.captures
        return packed(pairs_chunk(first, second, self.over))

    def over(self, text: str) -> str:
        """A text without the secrets of any of the captures."""
        for capture in self.captures:
            text = Veil(capture.exchanges, revealed(capture, self.reveal)).over(text)
        return text

    def save(self, path: str | PathLike[str]) -> None:
        """Write the page; CaptureError where that is not possible, or where it would be over a capture.

        It may be handed on: bytes that no row explains are closed, unless all is revealed.
        """
        sources = [capture.path for capture in self.captures]
        write_file(path, self._write, sources, public_mode())

    @with_views
    def _write(self, file: TextIO) -> int:
        names = " and ".join(Path(capture.path).name for capture in self.captures)
        setup = setup_of(self.notes, self.filter, len(self.captures))
        size = 0
        with handing_on():
            title = self.over(f"Explorer: {names}")
            pairs = self.pairs()
        for part in page_parts(title, self.stores(True, MAX_DETAILS), pairs, setup):
            size += file.write(part)
        return size


def explore(
    captures: Sequence[Capture | Growing],
    findings: Iterable[Finding] | None = None,
    notes: Notes | Mapping[Any, Any] | str | PathLike[str] | None = None,
    reveal: bool | None = None,
    where: str = "",
) -> Explorer:
    """The explorer of one capture, or of two."""
    return Explorer(captures, findings, notes, reveal, where)
