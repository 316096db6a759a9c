# SPDX-License-Identifier: MIT
"""How the types print: they ask a printer that the rooms above set, so that no type knows masking or HTML."""

from __future__ import annotations

from typing import Any, Protocol


class Printer(Protocol):
    """Makes the text, the HTML and the short form of what is `Printed`; masked, escaped and bounded."""

    def text(self, thing: Printed) -> str:
        """Some lines for a terminal: what `print` shows."""

    def html(self, thing: Printed) -> str:
        """The same for a notebook."""

    def brief(self, node: Any) -> str:
        """A node in one line, however much is below it."""


class _NoPrinter:
    """Stands in until the library is imported: names the type, and shows nothing of its content."""

    def text(self, thing: Printed) -> str:
        return f"<{type(thing).__name__}>"

    def html(self, thing: Printed) -> str:
        return ""

    def brief(self, node: Any) -> str:
        return f"<{type(node).__name__}>"


_printer: Printer = _NoPrinter()


def print_with(printer: Printer) -> None:
    """Let this printer print all that is `Printed`, from now on."""
    global _printer
    _printer = printer


def brief(node: Any) -> str:
    """A node in one line, by the printer."""
    return _printer.brief(node)


class Printed:
    """Base of the types that a person prints: their text and HTML come from the printer."""

    __slots__ = ()

    def __str__(self) -> str:
        return _printer.text(self)

    def _repr_html_(self) -> str:
        return _printer.html(self)
