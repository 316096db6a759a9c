# SPDX-License-Identifier: MIT
"""Decode captured smart-card traffic: from a log file to exchanges, data elements, times and findings.

    >>> import cardlib
    >>> capture = cardlib.read("log.txt")
    >>> print(capture)

Importing this needs the standard library alone; each name is loaded when it is used, and pandas and matplotlib with
tables and plots.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .core.printing import print_by
from .core.version import VERSION

if TYPE_CHECKING:
    from .acts import Act
    from .bare import Explanation, explain
    from .core.errors import CaptureError
    from .core.model import Capture, Exchange, Finding, Node, Session
    from .corpus.corpus import Corpus, corpus
    from .front import (
        acts,
        algorithms,
        card_times,
        check,
        compare,
        explore,
        factors,
        find,
        mask,
        proofs,
        report,
        select,
        transactions,
    )
    from .live.record import record
    from .road.meaning import decode
    from .road.pipeline import read, read_text, stream
    from .rules import RULES
    from .share.export import convert
    from .share.redaction import redact
    from .show.plots import latency, phase_shares, picture, populations, timeline
    from .show.plots.bytes import byte_map
    from .show.plots.ladder import ladder
    from .show.tables import differences, elements, exchanges, findings, timings

__version__ = VERSION
__all__ = [
    "RULES",
    "Act",
    "Capture",
    "CaptureError",
    "Corpus",
    "Exchange",
    "Explanation",
    "Finding",
    "Node",
    "Session",
    "acts",
    "algorithms",
    "byte_map",
    "card_times",
    "check",
    "compare",
    "convert",
    "corpus",
    "decode",
    "differences",
    "elements",
    "exchanges",
    "explain",
    "explore",
    "factors",
    "find",
    "findings",
    "ladder",
    "latency",
    "mask",
    "phase_shares",
    "picture",
    "populations",
    "proofs",
    "read",
    "read_text",
    "record",
    "redact",
    "report",
    "select",
    "stream",
    "timeline",
    "timings",
    "transactions",
]

# Each name and the module that has it.
_HOMES = {
    "RULES": "rules",
    "Act": "acts",
    "Capture": "core.model",
    "CaptureError": "core.errors",
    "Corpus": "corpus.corpus",
    "Exchange": "core.model",
    "Explanation": "bare",
    "Finding": "core.model",
    "Node": "core.model",
    "Session": "core.model",
    "acts": "front",
    "algorithms": "front",
    "byte_map": "show.plots.bytes",
    "card_times": "front",
    "check": "front",
    "compare": "front",
    "convert": "share.export",
    "corpus": "front",
    "decode": "road.meaning",
    "differences": "show.tables",
    "elements": "show.tables",
    "exchanges": "show.tables",
    "explain": "bare",
    "explore": "front",
    "factors": "front",
    "find": "front",
    "findings": "show.tables",
    "ladder": "show.plots.ladder",
    "latency": "show.plots",
    "mask": "front",
    "phase_shares": "show.plots",
    "picture": "show.plots",
    "populations": "show.plots",
    "proofs": "front",
    "read": "road.pipeline",
    "read_text": "road.pipeline",
    "record": "live.record",
    "redact": "share.redaction",
    "report": "front",
    "select": "front",
    "stream": "road.pipeline",
    "timeline": "show.plots",
    "timings": "show.tables",
    "transactions": "front",
}

# These functions have the name of a room. A room that is loaded now does not take the name of its function later.
for _room in ("acts", "corpus"):
    import_module(f".{_room}", __name__)
    del globals()[_room]


def __getattr__(name: str) -> Any:
    """Load what is asked for the first time."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]


print_by(lambda: import_module(".show", __name__))
