# SPDX-License-Identifier: MIT
"""How the types print: they ask a printer that the rooms above set, so that no type knows masking or HTML."""

from __future__ import annotations

from collections.abc import Callable
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
    """Stands in where only a room is imported: names the type, and shows nothing of its content."""

    def text(self, thing: Printed) -> str:
        return f"<{type(thing).__name__}>"

    def html(self, thing: Printed) -> str:
        return ""

    def brief(self, node: Any) -> str:
        return f"<{type(node).__name__}>"


_printer: Printer | None = None
_load: Callable[[], object] | None = None


def print_with(printer: Printer) -> None:
    """Let this printer print all that is `Printed`, from now on."""
    global _printer
    _printer = printer


def print_by(load: Callable[[], object]) -> None:
    """Load a printer, which names itself by `print_with`, when something is printed."""
    global _load
    _load = load


def _current() -> Printer:
    if _printer is None and _load is not None:
        _load()
    return _printer or _NoPrinter()


def brief(node: Any) -> str:
    """A node in one line, by the printer."""
    return _current().brief(node)


class Printed:
    """Base of the types that a person prints: their text and HTML come from the printer."""

    __slots__ = ()

    def __str__(self) -> str:
        return _current().text(self)

    def _repr_html_(self) -> str:
        return _current().html(self)
