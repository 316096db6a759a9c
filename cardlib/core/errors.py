# SPDX-License-Identifier: MIT
"""What a caller can get wrong.

    CardlibError
    ├── CaptureError      a file that cannot be read, or a question that a capture cannot answer
    ├── DictionaryError   a dictionary file or a key file with a wrong row
    └── NotVerifiable     bytes or keys of which cryptography can say nothing, and why

What the card, the reader or the capture got wrong is never an exception: it is a `Problem`, an `error` or a `Finding`.
"""


class CardlibError(Exception):
    """The common parent: catch this to catch everything that this library raises on purpose.

    Attributes: file, place (a line, an offset, or empty), reason: one line that says what to do.
    """

    def __init__(self, reason: str, file: str = "", place: str = "") -> None:
        self.file, self.place, self.reason = file, place, reason
        super().__init__(": ".join(part for part in (file, place, reason) if part))


class CaptureError(CardlibError):
    """A capture that cannot be read or asked."""


class DictionaryError(CardlibError):
    """A dictionary row that breaks the rules of docs/architecture.md; names file, row and reason."""

    def __init__(self, reason: str, file: str = "", row: str = "") -> None:
        super().__init__(reason, file, row)
        self.row = row


class NotVerifiable(CardlibError):
    """A value that cannot be what is asked of it (a length, an even modulus, a truncated certificate): one line why."""
