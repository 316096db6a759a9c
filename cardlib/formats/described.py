# SPDX-License-Identifier: MIT
"""Text formats from a description: a row is a kind of line, so that one reads what a format looks like.

`format NAME, CLOCK, proven or unproven` begins a format. `sign`, `prefix`, `row` and `marks` are patterns of
rules.TextFormat, `options` its other fields. Every other row is a rule: the sender, the kind (`+rows` where bytes
follow in rows of a dump, `@2` for a level), the pattern. A row that is indented goes on with the one before. `let NAME
PATTERN` stands for {NAME} in the rows behind it. A blank at an end of a pattern is written [ ].
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from ..core.model import Sender
from .rules import Kind, Rule, TextFormat, Unwrap

_KIND = re.compile(r"(\w+)(\+rows)?(?:@(\d))?")


def described(text: str, **unwrap: Callable[[], Unwrap]) -> tuple[TextFormat, ...]:
    """The formats of a description; `unwrap` makes what opens the frames of those that name it as an option."""
    words: dict[str, str] = {}
    found: list[dict[str, Any]] = []
    for row in re.sub(r"\n {4}", "", text.strip()).split("\n"):
        word, _, rest = row.partition(" ")
        for name, meaning in words.items():
            rest = rest.replace(f"{{{name}}}", meaning)
        if word == "let":
            name, _, words[name] = rest.partition(" ")
        elif word == "format":
            name, clock, proven = rest.split(", ")
            found.append({"NAME": name, "CLOCK": clock, "PROVEN": proven == "proven", "rules": ()})
        elif word == "options":
            found[-1].update(_option(one, unwrap) for one in rest.split(", "))
        elif word in ("sign", "prefix", "row", "marks"):
            found[-1][word] = re.compile(rest)
        elif word:
            found[-1]["rules"] += (_rule(word, *rest.split(" ", 1)),)
    return tuple(TextFormat(**one) for one in found)


def _option(text: str, unwrap: dict[str, Callable[[], Unwrap]]) -> tuple[str, object]:
    name, _, value = text.partition("=")
    if name == "unwrap":
        return name, unwrap[value]
    return name, value == "yes" if value in ("", "yes", "no") else int(value) if name == "width" else value


def _rule(sender: str, kind: str, pattern: str) -> Rule:
    match = _KIND.fullmatch(kind)
    name, rows, level = match.groups() if match else ("", None, None)
    return Rule(cast(Sender, sender), cast(Kind, name), re.compile(pattern), bool(rows), int(level or 0))
