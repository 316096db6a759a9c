# SPDX-License-Identifier: MIT
"""Write the page of rules, docs/rules.md, again from the rules themselves."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cardlib.rules import RULES, THEMES, Rule, rules_of

FILE = Path(__file__).resolve().parent.parent / "docs" / "rules.md"
WIDTH = 120
TITLES = {"unionpay": "UnionPay"}  # of themes whose name is not that of a file
HEAD = """# Security rules

What `cardlib check` and `cardlib.check` look at. `make rules` writes this page from the rules; the text of a rule is
its docstring in `cardlib/rules/`.

A verdict is `fail`, `pass`, `not-applicable` or `not-enough-data`; the last names what is missing. Most rules need one
capture and nothing else; the others say what they need. No rule passes over an exchange that is cut off, and one that
counts tries or repeats in a capture passes only where the capture has no hole. Rules over several captures compare what
these hold.

The numbers come from the catalogue that this project began with. A gap is a rule that needs what a capture does not
hold. Three numbers are left out for other reasons:
- E55 is E54 with the bits that one published attack sets.
- E63, the fixed UID, is about frames of activation (`cardlib show --nodes` prints them). A finding points at exchanges
  and cannot point there.
- E75 relies on UID and ATS, which the tool in question copies. What remains of it are E65 and E72.
"""


def page() -> str:
    """The document: a section per theme, an item per rule."""
    parts = [HEAD]
    for theme in THEMES:
        name = theme.__name__.rpartition(".")[2]
        title = TITLES.get(name, name.replace("_", " ").capitalize())
        parts.append(f"\n## {title}\n{_wrapped((theme.__doc__ or '').strip())}\n\n")
        parts += [item(rule) for rule in rules_of(theme)]
    return "".join(parts)


def item(rule: Rule) -> str:
    """A rule with its severity, text and source; and with what it needs beside a capture."""
    last = f"Source: {rule.source}."
    if rule.needs != "a capture":
        last = f"Needs: {rule.needs}. {last}"
    text = f"**{rule.id}, {rule.severity}: {rule.title}.** {rule.text}"
    return f"{_wrapped(text, '- ', '  ')}\n{_wrapped(last, '  ', '  ')}\n"


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def main() -> None:
    FILE.write_text(page(), "utf-8")
    print(f"{len(RULES)} rules written to {FILE.name}")


if __name__ == "__main__":
    main()
