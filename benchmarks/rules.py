# SPDX-License-Identifier: MIT
"""Write the table of rules in docs/rules.md again from the rules themselves."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cardlib.rules import RULES, THEMES, rules_of

FILE = Path(__file__).resolve().parent.parent / "docs" / "rules.md"
HEAD = """# Security rules

What `cardlib check` and `cardlib.check` look at. Made from the rules by `make rules`; a rule's own text is its
docstring in `cardlib/rules/`. The numbers are those of the catalogue that this project began with; gaps are rules that
need what a capture does not hold. Of the last that were looked at again: E55 is E54 with the bits that one published
attack sets; the fixed UID of E63 stands in frames of activation (`cardlib show --nodes` prints them), which are no
exchange that a finding could point at; E75 rests on UID and ATS, which the tool in question copies, and what remains
of it are E65 and E72. Verdicts: `fail`, `pass`, `not-applicable`, `not-enough-data` (with the name of what
is missing). "Needs": what a rule needs beside one capture.
"""


def table() -> str:
    """The document: a section a theme, a row a rule."""
    parts = [HEAD]
    for theme in THEMES:
        parts.append(
            f"\n## {theme.__name__.rpartition('.')[2].capitalize()}\n\n{(theme.__doc__ or '').strip()}\n\n"
        )
        parts.append("| rule | severity | what | needs | source |\n|---|---|---|---|---|\n")
        for one in rules_of(theme):
            needs = "" if one.needs == "a capture" else one.needs
            parts.append(
                f"| {one.id} | {one.severity} | **{one.title}.** {one.text} | {needs} | {one.source} |\n"
            )
    return "".join(parts)


def main() -> None:
    FILE.write_text(table(), "utf-8")
    print(f"{len(RULES)} rules written to {FILE.name}")


if __name__ == "__main__":
    main()
