# SPDX-License-Identifier: MIT
"""Text that is shown of a capture (headlines, problems, names of files), without the secrets of the capture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..core.escape import cut
from ..core.model import Capture, Exchange, Problem
from .known import STAR, Known
from .masking import is_for_others
from .ours import is_ours
from .survey import known_of

MOST = 400  # characters of the detail of a problem
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[ :,-]?){4,}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")


class Veil:
    """Hides what is known to be secret in a capture; nothing where all is revealed."""

    def __init__(self, exchanges: Iterable[Exchange], reveal: bool) -> None:
        self.reveal = reveal
        self.known = Known() if reveal else known_of(exchanges)

    def over(self, text: str) -> str:
        """A text without secrets."""
        return self.known.hide(text)

    def over_all(self, texts: Iterable[str]) -> Iterator[str]:
        """Texts without secrets."""
        return map(self.known.hide, texts)

    def problem(self, problem: Problem) -> str:
        """A problem in a line. It may quote what nobody could read: that is closed to others."""
        detail = cut(problem.detail, MOST)
        if is_for_others() and not self.reveal:
            detail = _QUOTED.sub(_stars, _HEX.sub(_stars, detail))
        return self.over(f"{problem.kind}: {detail} ({problem.place})")


def file_of(capture: Capture) -> str:
    """The path of a capture as findings name it: without its secrets, which names of files hold, too."""
    return Veil(capture.exchanges, is_ours(capture)).over(capture.path)


def _stars(match: re.Match[str]) -> str:
    return STAR * len(match[0])
