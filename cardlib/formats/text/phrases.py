# SPDX-License-Identifier: MIT
"""What was learned of a log, in words."""

from __future__ import annotations

from collections.abc import Sequence

from .learning import Counts

_MOST_SHAPES = 2  # a role
_LONGEST = 40
_ROLES = (("C", "commands"), ("A", "answers"))


def learned_phrases(counts: Counts, columns: Sequence[str]) -> str:
    """Which lines are commands and which answers, and what stands in front of them."""
    phrases = []
    for group, plural in _ROLES:
        for name, share, total in _best_shapes(counts, group):
            phrases.append(f"{name} are {plural}, {share} of {total}")
    if not phrases and counts:
        phrases = ["bare lines in turn"]
    return "; ".join([*phrases, *columns])


def _best_shapes(counts: Counts, group: str) -> list[tuple[str, int, int]]:
    """The commonest texts in front of a role, how often they had it, how often they were there."""
    shapes = []
    for text, of_text in _counts_by_text(counts).items():
        share = of_text.get(group, 0)
        total = sum(of_text.values())
        if share and share * 2 > total:
            shapes.append((_named(text), share, total))
    shapes.sort(key=lambda shape: -shape[1])
    return shapes[:_MOST_SHAPES]


def _counts_by_text(counts: Counts) -> Counts:
    """How often each text in front of a field went with each role, wherever it was in its line."""
    by_text: Counts = {}
    for name, of_name in counts.items():
        text, _, place = name.rpartition("|")
        if not name.startswith(("=", "above=")) or "#" in place:
            continue
        of_text = by_text.setdefault(text, {})
        for role, count in of_name.items():
            of_text[role] = of_text.get(role, 0) + count
    return by_text


def _named(text: str) -> str:
    where, _, words = text.partition("=")
    words = words.strip()
    if where == "above" and not words.startswith("bare"):
        return f'lines below "{_cut(words)}"'
    if not words or words.startswith("bare"):
        return "bare lines"
    return f'"{_cut(words)}"'


def _cut(words: str) -> str:
    if len(words) <= _LONGEST:
        return words
    return "..." + words[3 - _LONGEST :]
