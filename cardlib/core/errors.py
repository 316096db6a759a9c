# SPDX-License-Identifier: MIT
"""What a caller can get wrong.

    CardlibError
    ├── CaptureError      a file that cannot be read, or a question that a capture cannot answer
    ├── DictionaryError   a dictionary file or a key file with a wrong row
    │   └── LayoutError   a layout with wrong lines, all of them
    ├── WhereError        an expression of the filter language that cannot be understood, and where
    ├── BuildError        values that a layout cannot write
    └── NotVerifiable     bytes or keys of which cryptography can say nothing, and why

What the card, the reader or the capture got wrong is never an exception: it is a `Problem`, an `error` or a `Finding`.
"""

from collections.abc import Iterable, Sequence

from .escape import escape

_AROUND = 20  # characters of an expression that an error shows


class CardlibError(Exception):
    """The common parent: catch this to catch everything that this library raises on purpose.

    Attributes: file, place (a line, an offset, or empty), reason: one line that says what to do.
    """

    def __init__(self, reason: str, file: str = "", place: str = "") -> None:
        self.file, self.place, self.reason = file, place, reason
        super().__init__(": ".join(part for part in (file, place, reason) if part))


class CaptureError(CardlibError):
    """A capture that cannot be read or asked; `details` are lines that say more, escaped and masked."""

    def __init__(
        self, reason: str, file: str = "", place: str = "", details: Iterable[str] = ()
    ) -> None:
        super().__init__(reason, file, place)
        self.details = tuple(details)

    def __str__(self) -> str:
        return "\n".join((super().__str__(), *self.details))


class DictionaryError(CardlibError):
    """A row of a data file that breaks the rules of docs/dictionaries.md; `line` is 0 where it is not known."""

    def __init__(self, reason: str, file: str = "", row: str = "", line: int = 0) -> None:
        where = f"{file}:{line}" if line else file
        super().__init__(reason, where, row)
        self.file = file
        self.row = row
        self.line = line


class LayoutError(DictionaryError):
    """A layout with wrong lines; `faults` are all of them, as (line number in the text, the line, what is wrong)."""

    def __init__(
        self, faults: Sequence[tuple[int, str, str]], file: str = "", row: str = ""
    ) -> None:
        self.faults = tuple(faults)
        lines = [f"{number}: {reason}\n    {line}" for number, line, reason in self.faults]
        super().__init__("\n".join(lines), file, row)


class WhereError(CardlibError):
    """An expression of the filter language that cannot be understood; `at` is the place in it, in characters from 0."""

    def __init__(self, message: str, at: int, expression: str) -> None:
        self.message, self.at, self.expression = message, at, expression
        super().__init__(escape(message), "filter", f"character {at + 1}{_near(expression, at)}")


def _near(expression: str, at: int) -> str:
    """What stands at a place in an expression, or that it is the end of it."""
    rest = " ".join(expression[at : at + _AROUND].split())
    if at >= len(expression):
        return ", its end"
    if at + _AROUND < len(expression):
        rest += "..."
    return f" (at: {escape(rest)})"


class BuildError(CardlibError):
    """Values that do not make a record: a value that its format cannot write, a name that the layout has not."""


class NotVerifiable(CardlibError):
    """A value that cannot be what is asked of it (a length, an even modulus, a truncated certificate): one line why."""
