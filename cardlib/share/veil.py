# SPDX-License-Identifier: MIT
"""Text that is shown of a capture (headlines, problems, names of files), without the secrets of the capture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..core.escape import cut
from ..core.model import Capture, Exchange, Problem
from ..core.quoting import problem_text, quote_of, stars
from .known import Known
from .masking import is_for_others
from .ours import is_ours
from .survey import closed_of, known_of

MOST = 400  # characters of the detail of a problem
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[ :,-]?){4,}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")


class Veil:
    """Hides what is known to be secret in a capture, and from others what is closed; nothing where all is revealed."""

    def __init__(self, exchanges: Iterable[Exchange], reveal: bool) -> None:
        self.reveal = reveal
        self.known = Known() if reveal else known_of(exchanges)
        self.closed = Known()
        if is_for_others() and not reveal:
            self.closed = closed_of(exchanges)

    def over(self, text: str) -> str:
        """A text without secrets."""
        return self.closed.hide(self.known.hide(text))

    def over_all(self, texts: Iterable[str]) -> Iterator[str]:
        """Texts without secrets."""
        return map(self.over, texts)

    def problem(self, problem: Problem) -> str:
        """A problem in a line. It may quote what nobody could read: that is closed to others."""
        if self.reveal:
            return problem_text(replace(problem, detail=cut(problem.detail, MOST)), reveal=True)
        detail = cut(problem.detail, MOST)
        quote = problem.quote
        if is_for_others():
            detail = _QUOTED.sub(stars, _HEX.sub(stars, detail))
            quote = quote and ""
        return self.over(problem_text(replace(problem, detail=detail, quote=quote)))

    def quote(self, problem: Problem) -> str | None:
        """The line that a problem is about, as it may be shown; None where it is about none."""
        if self.reveal:
            return quote_of(problem, reveal=True)
        if problem.quote is None or is_for_others():
            return None
        return self.over(quote_of(problem) or "")


def file_of(capture: Capture) -> str:
    """The path of a capture as findings name it: without its secrets, which names of files hold, too."""
    return Veil(capture.exchanges, is_ours(capture)).over(capture.path)
