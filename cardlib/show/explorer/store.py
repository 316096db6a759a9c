# SPDX-License-Identifier: MIT
"""Answers for one capture: each chunk by its name, made when it is asked for; hosts only carry the bytes."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from ...core.atr import describe_card
from ...core.codec import to_hex
from ...core.model import Capture, Exchange, Finding, Session
from ...road.meaning import views
from ...rules import RULES, check
from ...share.masking import closed_bytes, handing_on
from ...share.veil import Veil
from ..summary import summary
from .chunk import BLOCK, CONTRACT, ROWS, WORDS, Data, packed, plain
from .details import details_chunk
from .files import files_chunk
from .halves import Half, halves_of
from .rows import NOTHING, rows_chunk
from .stories import acts_chunk, findings_chunk
from .words import words_chunk

MAX_JUDGED = 5_000  # exchanges to which rules are applied without being asked to
MAX_PROBLEMS = 200
MAX_WITH_HEX = 20_000  # exchanges of a capture whose values can be looked for by their hex, too
MAX_SESSIONS = 5_000
BLOCKS_OF_WORDS = WORDS // BLOCK  # chunks of details of the exchanges in a chunk of words
KEPT = 2  # spans of exchanges whose masked views are kept
NAME = re.compile(r"(head|about|acts|findings|files)|(rows|words|details)-(\d{1,7})")

NOT_JUDGED = (
    "The rules are not applied by themselves to more than {most} exchanges: "
    "cardlib.explore(capture, findings=cardlib.check(capture))"
)


class Store:
    """What the page may ask about one capture.

    `for_others`: as in a report, bytes that no row explains are closed, too. `details`: exchanges, from the first on,
    whose bytes may be asked for. A lock: a notebook asks from several threads.
    """

    def __init__(
        self,
        capture: Capture,
        findings: Iterable[Finding] | None = None,
        reveal: bool = False,
        for_others: bool = False,
        details: int | None = None,
    ) -> None:
        self.capture = capture
        self.exchanges = capture.exchanges
        self.reveal = reveal
        self.for_others = for_others
        count = len(self.exchanges)
        self.detailed = count if details is None else min(details, count)
        self._findings = None if findings is None else tuple(findings)
        self._spans: OrderedDict[int, list[list[Half]]] = OrderedDict()
        self._lock = RLock()

    def chunk(self, name: str) -> bytes | None:
        """The chunk of that name; None for what there is not, whatever somebody asks for."""
        match = NAME.fullmatch(name)
        if match is None:
            return None
        with self._lock, self._reader():
            if match[1]:
                return packed(self._single(match[1]))
            data = self._part(match[2], int(match[3]))
        return None if data is None else packed(data)

    def names(self) -> Iterator[str]:
        """The names of all chunks: the words and details of an exchange together, so that it is decoded once."""
        sizes = self.sizes()
        yield from ("head", "about")
        yield from (f"rows-{number}" for number in range(sizes["rows"]))
        for span in range(sizes["words"]):
            yield f"words-{span}"
            first = span * BLOCKS_OF_WORDS
            last = min(first + BLOCKS_OF_WORDS, sizes["details"])
            yield from (f"details-{number}" for number in range(first, last))
        yield from ("acts", "findings", "files")

    def sizes(self) -> dict[str, int]:
        """How many chunks there are of each kind."""
        count = len(self.exchanges)
        return {
            "rows": _parts(count, ROWS),
            "words": _parts(count, WORDS),
            "details": _parts(self.detailed, BLOCK),
        }

    @contextmanager
    def _reader(self) -> Iterator[None]:
        """For whom this is shown, and each exchange decoded once."""
        with views():
            if not self.for_others:
                yield
                return
            with handing_on():
                yield

    @property
    def veil(self) -> Veil:
        return Veil(self.exchanges, self.reveal)

    def _single(self, name: str) -> Data:
        if name == "head":
            return self._head()
        if name == "about":
            return self._about()
        say = self.veil.over
        if name == "acts":
            return acts_chunk(self.exchanges, say)
        if name == "files":
            return files_chunk(self.exchanges, say)
        texts = {rule.id: rule.text for rule in RULES}
        return findings_chunk(self.findings(), texts, say, self._why_not())

    def findings(self) -> tuple[Finding, ...] | None:
        """What the rules conclude; None where they were not applied."""
        if self._findings is None and len(self.exchanges) <= MAX_JUDGED:
            self._findings = tuple(check(self.capture, RULES))
        return self._findings

    def _why_not(self) -> str:
        if self._findings is None:
            return NOT_JUDGED.format(most=MAX_JUDGED)
        return ""

    def _part(self, kind: str, number: int) -> Data | None:
        if number >= self.sizes()[kind]:
            return None
        if kind == "rows":
            return rows_chunk(self._slice(number, ROWS))
        if kind == "words":
            exchanges = self._slice(number, WORDS)
            views = self._views(number * WORDS, WORDS)
            with_hex = len(self.exchanges) <= MAX_WITH_HEX
            return words_chunk(exchanges, views, self.veil.over, with_hex)
        first = number * BLOCK
        exchanges = self.exchanges[first : min(first + BLOCK, self.detailed)]
        return details_chunk(exchanges, self._views(first, len(exchanges)), self.reveal)

    def _slice(self, number: int, size: int) -> tuple[Exchange, ...]:
        return self.exchanges[number * size : (number + 1) * size]

    def _views(self, first: int, count: int) -> list[list[Half]]:
        """The masked halves of some exchanges; those of a span of exchanges are kept for what is asked next."""
        span = first // WORDS
        if span not in self._spans:
            self._spans[span] = [
                halves_of(exchange, self.reveal) for exchange in self._slice(span, WORDS)
            ]
            while len(self._spans) > KEPT:
                self._spans.popitem(last=False)
        offset = first - span * WORDS
        return self._spans[span][offset : offset + count]

    def _head(self) -> Data:
        capture = self.capture
        name, _, learned = capture.format.partition(": ")
        return {
            "contract": CONTRACT,
            "format": plain(name),
            "learned": plain(learned),
            "count": len(self.exchanges),
            "sessions": [session_row(session) for session in capture.sessions[:MAX_SESSIONS]],
            "masked": not self.reveal,
            "forOthers": self.for_others,
            "detailed": self.detailed,
            "rows": ROWS,
            "words": WORDS,
            "block": BLOCK,
            "key": self._key(),
            "frames": sum(len(session.frames) for session in capture.sessions),
            "problemCount": len(capture.problems),
        }

    def _about(self) -> Data:
        """What needs the whole capture: the name of its file, what was wrong in it, the first lines of its print.

        The very first line is left out: it has the folder, too.
        """
        veil = self.veil
        problems = self.capture.problems[:MAX_PROBLEMS]
        lines = summary(self.capture, self.reveal)
        data: Data = {
            "file": plain(veil.over(Path(self.capture.path).name)),
            "problems": [plain(veil.problem(problem)) for problem in problems],
            "summary": [plain(line) for line in lines if line][1:],
        }
        if self.for_others and not self.reveal:
            data["closed"] = closed_bytes(self.exchanges)
        return data

    def _key(self) -> str:
        """What ties notes to a capture: 64 bits over what the exchanges look like, and no byte of their data.

        Over the raw bytes of a short capture it would let somebody confirm a guess of what is masked.
        """
        digest = hashlib.sha256(self.capture.format.encode("utf-8", "replace"))
        for exchange in self.exchanges:
            command, response = exchange.command, exchange.response
            shape = (
                -1 if command is None else command.cla << 8 | command.ins,
                -1 if command is None else len(command.raw),
                NOTHING if response is None or response.sw is None else response.sw,
                NOTHING if response is None else len(response.raw),
                exchange.start_ns,
            )
            digest.update(repr(shape).encode("ascii"))
        return digest.hexdigest()[:16]


def _parts(count: int, size: int) -> int:
    return -(-count // size)


def session_row(session: Session) -> Data:
    """The head of a session, and how much is in it."""
    first = session.exchanges[0].index if session.exchanges else NOTHING
    return {
        "index": session.index,
        "card": plain(describe_card(session.atr)),
        "atr": "" if session.atr is None else to_hex(session.atr),
        "interface": session.interface,
        "clock": session.clock,
        "started": session.started,
        "first": first,
        "count": len(session.exchanges),
        "frames": len(session.frames),
    }
