# SPDX-License-Identifier: MIT
"""Regular expressions that are compiled when they are first used: most of those in tables never are."""

from __future__ import annotations

import re
from typing import Any, cast


class LazyPattern:
    """Stands for a `re.Pattern`; what was once asked of it is kept, so that a call costs no more than its own."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def compiled(self) -> re.Pattern[str]:
        """The pattern itself."""
        return re.compile(self._text, self._flags)

    def __getattr__(self, name: str) -> Any:
        """What the pattern has of this name: called once, then it is an attribute of this object."""
        value = getattr(self.compiled(), name)
        setattr(self, name, value)
        return value


def lazy(text: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern that is compiled when it is first used."""
    return cast(re.Pattern[str], LazyPattern(text, flags))
