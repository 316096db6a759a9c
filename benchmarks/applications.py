# SPDX-License-Identifier: MIT
"""Writes the table of all applications in docs/applications.md, from the data files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cardlib.apps import is_native
from cardlib.apps.application import Application, application
from cardlib.core.dictionary import load, shipped

PAGE = Path(__file__).resolve().parent.parent / "docs" / "applications.md"
BEGIN, END = "<!-- applications -->\n", "<!-- /applications -->"
HEAD = """| file | application | recognised by | commands | files | data objects | status words |
|---|---|---|---|---|---|---|
"""


def recognised(app: Application) -> str:
    """How the application is told, in words."""
    ways = []
    if app.aids:
        ways.append(f"{len(app.aids)} AIDs" if len(app.aids) > 1 else "1 AID")
    if app.fci:
        ways.append("answer to SELECT")
    if app.directories:
        ways.append("directory")
    if app.atrs:
        ways.append("ATR")
    if app.claims:
        ways.append("commands")
    if is_native(app.key):
        ways.append("protocol")
    return ", ".join(ways)


def parts(app: Application) -> list[str]:
    """The files that hold rows of this application alone, because it has too many for one."""
    return [key for key in app.uses if key.startswith("files_")]


def row(app: Application) -> str:
    """One line of the table."""
    counts = Counter(
        address.kind
        for key in (*parts(app), app.key)
        for address, _ in load(key).of_kind("command", "file", "object", "status")
    )
    name = f"{app.title} (over {app.over})" if app.over else app.title
    numbers = " | ".join(
        str(counts[kind] or "") for kind in ("command", "file", "object", "status")
    )
    return f"| `{app.key}` | {name} | {recognised(app)} | {numbers} |\n"


def table() -> str:
    """The whole table."""
    apps = [app for name in shipped() if (app := application(name))]
    return HEAD + "".join(row(app) for app in apps)


def written(page: str) -> str:
    """The page with the table as it is now."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
