# SPDX-License-Identifier: MIT
"""For notebook 40: a card to record, real or replayed, and no exception where there is neither."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cardlib.core.errors import CardlibError
from cardlib.live import record as live
from cardlib.live.stack import Stack, running


@contextlib.contextmanager
def in_reader(trace: Path, log: Path) -> Iterator[Any]:
    """A connection to the card in a reader; else to `trace`, replayed behind the virtual reader; else None, and why.

    What was started ends with the block. The log of a daemon of our own is then in `log`.
    """
    with contextlib.ExitStack() as to_close:
        try:
            card = _card(trace, log, to_close)
        except Exception as fault:  # no pyscard, a daemon that does not start, a driver that is not there
            print(" ".join(str(fault).split()))
            yield None
            return
        print(f"a card in {card.getReader()}")
        yield card


def _card(trace: Path, log: Path, to_close: contextlib.ExitStack) -> Any:
    """A connection to the real card; where there is none, or no daemon, to a trace in a stack of our own."""
    if not live.has_pyscard():
        raise CardlibError(live.INSTALL)
    if sys.platform != "linux" or running():
        with contextlib.suppress(CardlibError):
            return to_close.enter_context(live.opened())
    own = to_close.enter_context(Stack([sys.executable, "-m", "cardlib.cli", "replay", "--timing", str(trace)]))
    to_close.callback(lambda: log.write_text(own.text(), "utf-8"))
    return to_close.enter_context(live.opened("Virtual PCD 00 00"))


def ask(card: Any, commands: Iterable[str]) -> None:
    """Send commands in hex; what a T=0 card announces (61xx, 6Cxx) is fetched, as a terminal does."""
    for text in commands:
        command = list(bytes.fromhex(text))
        _, sw1, sw2 = card.transmit(command)
        if sw1 == 0x61:
            card.transmit([command[0] & 0x0F, 0xC0, 0, 0, sw2])
        elif sw1 == 0x6C:
            card.transmit([*command[:4], sw2])
