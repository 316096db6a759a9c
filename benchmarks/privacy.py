# SPDX-License-Identifier: MIT
"""Writes the list of what is hidden, card by card, in docs/privacy.md, from the rows of the data files."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from cardlib.apps.application import application
from cardlib.core.addresses import Address
from cardlib.core.dictionary import Row, load, shipped
from cardlib.core.registers import lookup
from cardlib.core.values import Resources, compile_row

PAGE = Path(__file__).resolve().parent.parent / "docs" / "privacy.md"
BEGIN, END = "<!-- hidden -->\n", "<!-- /hidden -->"
WIDTH = 118  # columns
KINDS = ("object", "file", "command", "answer")


def kinds_of(row: Row, resources: Resources) -> list[str]:
    """The kinds of secrets that a row marks: itself, or fields of its layout."""
    kinds = [str(row[key]) for key in ("sensitive", "holds") if row.get(key)]
    lines = {key: row[key] for key in ("name", "layout", "objects", "tlv") if key in row}
    layout = compile_row("", lines, lookup, resources).layout
    if layout:
        kinds += layout.marks
    return list(dict.fromkeys(kinds))


def title(address: Address, row: Row) -> str:
    """What a row is about, in a word or two."""
    name = str(row.get("name", ""))
    if row.get("abbr") and address.kind == "file":
        name = f"{name} ({row['abbr']})"
    return name


def marked(key: str) -> dict[str, list[str]]:
    """The names of what a data file hides, by the kind of secret."""
    names: dict[str, list[str]] = {}
    dictionary = load(key)
    for address, row in dictionary.of_kind(*KINDS):
        for kind in kinds_of(row, dictionary.resources):
            titles = names.setdefault(kind, [])
            if title(address, row) not in titles:
                titles.append(title(address, row))
    for name, kind in marked_names(dictionary.resources):
        titles = names.setdefault(kind, [])
        if name not in titles:
            titles.append(name)
    return names


def marked_names(resources: Resources) -> Iterator[tuple[str, str]]:
    """The parameters that lists of names mark, with the kind of secret: those of CBOR have no row."""
    for entries in resources.names.values():
        for entry in entries.values():
            name, _, mark = entry.partition(" !")
            if mark:
                yield name, mark


def card(key: str) -> str:
    """What one card hides; empty for a file that marks nothing."""
    names = marked(key)
    if not names:
        return ""
    app = application(key)
    heading = app.title if app else str(load(key).title)
    rows = [f"**{heading}**"]
    for kind, titles in sorted(names.items()):
        entry = f"- {kind}: {', '.join(titles)}"
        rows += textwrap.wrap(entry, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(rows) + "\n"


def table() -> str:
    """What all cards hide."""
    return "\n".join(text for text in map(card, shipped()) if text)


def written(page: str) -> str:
    """The page with the table as it is now."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
