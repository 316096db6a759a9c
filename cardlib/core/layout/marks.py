# SPDX-License-Identifier: MIT
"""Marks of a field: what is secret and of which kind, what may be shared, what is fresh, what the headline tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import get_args

from ..model import Failure, Fresh, Sensitive, Share, record
from .checks import CHECKS
from .near import near

KINDS_OF_SECRETS: tuple[Sensitive, ...] = tuple(kind for kind in get_args(Sensitive) if kind)

SHARES: dict[str, Share] = {"share": "all", "share=named": "named", "share=aid": "aid"}
FRESH: dict[str, Fresh] = {
    "fresh": "always",
    "fresh=rises": "rises",
    "fresh=may-repeat": "may repeat",
}
FAILURES: dict[str, Failure] = {"failure": "always", "failure=nonzero": "not 0"}

# What is broken takes the strongest mark of its record: this order, strongest first
_STRENGTH: tuple[Sensitive, ...] = (
    "key", "pin", "token", "biometric", "pan", "track", "document", "imsi", "iccid", "card", "id",
    "name", "birth", "address", "phone", "mail", "plate", "location", "text",
)  # fmt: skip


@record
class Marks:
    """The marks of a line, with those of the lines around it."""

    sensitive: Sensitive = ""
    share: Share = ""
    fresh: Fresh = ""
    tells: bool = False
    memory: bool = False
    check: str = ""
    failure: Failure = ""

    def inside(self) -> Marks:
        """What holds for the parts too."""
        return replace(self, tells=False, check="", failure="")


def read_marks(words: Iterable[str], around: Marks) -> Marks:
    """The marks of a line; ValueError names the first that is none."""
    marks = around
    for word in words:
        if word.startswith("check="):
            name = word[6:]
            if name not in CHECKS:
                raise ValueError(f"no check {name!r}; {near(name, CHECKS)}")
            marks = replace(marks, check=name)
        elif word in SHARES:
            marks = replace(marks, share=SHARES[word], sensitive="")
        elif word in FRESH:
            marks = replace(marks, fresh=FRESH[word])
        elif word in FAILURES:
            marks = replace(marks, failure=FAILURES[word])
        elif word == "tells":
            marks = replace(marks, tells=True)
        elif word == "memory":
            marks = replace(marks, memory=True)
        elif word in KINDS_OF_SECRETS:
            marks = replace(marks, sensitive=word, share="")
        else:
            words = (*KINDS_OF_SECRETS, *SHARES, *FRESH, *FAILURES, "tells", "memory", "check=")
            raise ValueError(f"no mark !{word}; {near(word, words)}")
    return marks


def strongest(kinds: Iterable[Sensitive]) -> Sensitive:
    """The mark that hides most; empty if there is none."""
    present = set(kinds)
    return next((kind for kind in _STRENGTH if kind in present), "")
