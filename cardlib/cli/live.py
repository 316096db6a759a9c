# SPDX-License-Identifier: MIT
"""The commands that need a reader, real or virtual: cardlib record | replay | doctor."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterable

from ..core.codec import parse_hex
from ..core.errors import CardlibError
from ..core.escape import escape

Commands = Callable[[str, str], argparse.ArgumentParser]


def add(command: Commands) -> None:
    """Add the three commands to a parser."""
    record = command("record", "record a card through PC/SC into *.card.jsonl")
    record.add_argument(
        "commands",
        nargs="*",
        metavar="APDU",
        help="hex; - reads lines; none asks for the directories",
    )
    record.add_argument(
        "-o", "--out", required=True, metavar="OUT", help="the file to write; never overwritten"
    )
    record.add_argument("--reader", default="", metavar="NAME", help="a part of the reader's name")
    record.set_defaults(run=_record)
    replay = command("replay", "present a capture as a card in the virtual reader")
    replay.add_argument("file", metavar="CAPTURE")
    replay.add_argument("--port", type=int, default=35963, help="where the virtual reader listens")
    replay.add_argument(
        "--strict", action="store_true", help="only the recorded commands, in their order"
    )
    replay.add_argument("--timing", action="store_true", help="answer as slowly as was recorded")
    replay.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="N:KIND",
        help="empty, one-byte, delay=S, pull",
    )
    replay.set_defaults(run=_replay)
    command("doctor", "what is there for live cards, and what to do next").set_defaults(run=_doctor)


def _say(line: str) -> None:
    sys.stdout.write(f"{escape(line)}\n")
    sys.stdout.flush()


def _record(given: argparse.Namespace) -> int:
    from ..live.record import PROBE, record_commands

    texts: Iterable[str] = given.commands or PROBE
    texts = (line for line in sys.stdin if line.strip()) if given.commands == ["-"] else texts
    return 0 if record_commands(given.reader, map(_command, texts), given.out, _say) else 1


def _command(text: str) -> bytes:
    data = parse_hex(text)
    if data is None or len(data) < 4:
        raise CardlibError(f"{text.strip()!r} is no command in hex")
    return data


def _replay(given: argparse.Namespace) -> int:
    from ..live import link, stack
    from ..live.replay import Replay, parse_fault
    from ..road.pipeline import read

    faults = map(parse_fault, given.fault)
    card = Replay(
        read(given.file), "strict" if given.strict else "state", given.timing, faults, _say
    )
    try:
        reader = link.connect(given.port)
    except OSError:
        why = f"no virtual reader listens on port {given.port} (Linux only: {stack.INSTALL}); see cardlib doctor"
        raise CardlibError(why) from None
    for gap in card.gaps:
        _say(gap)
    with contextlib.suppress(KeyboardInterrupt):
        link.serve(card, reader, _say)
    _say(f"{card.answered} commands answered, {len(card.divergences)} not in the capture")
    return 1 if card.divergences else 0


def _doctor(given: argparse.Namespace) -> int:
    from ..live.record import doctor

    for line in doctor():
        _say(line)
    return 0
