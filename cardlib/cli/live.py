# SPDX-License-Identifier: MIT
"""The commands that need a reader, real or virtual: cardlib record | replay | doctor."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ..core.codec import parse_hex
from ..core.errors import CardlibError
from ..core.escape import escape
from .captures import Input, add_reading

if TYPE_CHECKING:
    from ..live.link import Connection

# Adds a subcommand: its name and what it is for.
AddCommand = Callable[[str, str], argparse.ArgumentParser]


def add(command: AddCommand) -> None:
    """Add the three commands to a parser."""
    _add_record(command("record", "record a card through PC/SC into *.card.jsonl"))
    _add_replay(command("replay", "present a capture as a card in the virtual reader"))
    doctor = command("doctor", "what is there for live cards, and what to do next")
    doctor.set_defaults(run=_doctor)


def _add_record(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "commands",
        nargs="*",
        metavar="APDU",
        help="hex; - reads lines; none asks for the directories",
    )
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        metavar="OUT",
        help="the file to write; never overwritten",
    )
    parser.add_argument("--reader", default="", metavar="NAME", help="a part of the reader's name")
    parser.set_defaults(run=_record)


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="CAPTURE", help="a capture; - is standard input")
    add_reading(parser)
    parser.add_argument("--port", type=int, default=35963, help="where the virtual reader listens")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="only the recorded commands, in their order",
    )
    parser.add_argument("--timing", action="store_true", help="answer as slowly as was recorded")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="N:KIND",
        help="empty, one-byte, delay=S, pull",
    )
    parser.set_defaults(run=_replay)


def _say(line: str) -> None:
    sys.stdout.write(f"{escape(line)}\n")
    sys.stdout.flush()


def _record(options: argparse.Namespace) -> int:
    from ..live.record import PROBE, record_commands

    texts: Iterable[str] = options.commands or PROBE
    if options.commands == ["-"]:
        texts = (line for line in sys.stdin if line.strip())
    commands: Iterable[bytes] = map(_command, texts)
    if options.commands != ["-"]:
        commands = list(commands)  # one that is none refuses all, before there is a file
    if record_commands(options.reader, commands, options.out, _say):
        return 0
    return 1


def _command(text: str) -> bytes:
    data = parse_hex(text)
    if data is None or len(data) < 4:
        raise CardlibError(f"{text.strip()!r} is no command in hex")
    return data


def _replay(options: argparse.Namespace) -> int:
    from ..live import link
    from ..live.replay import Mode, Replay, parse_fault

    mode: Mode = "strict" if options.strict else "state"
    faults = map(parse_fault, options.fault)
    card = Replay(Input(options.file).load(options), mode, options.timing, faults, _say)
    reader = _virtual_reader(options.port)
    for gap in card.gaps:
        _say(gap)
    with contextlib.suppress(KeyboardInterrupt):
        link.serve(card, reader, _say)
    _say(f"{card.answered} commands answered, {len(card.divergences)} not in the capture")
    if card.divergences:
        return 1
    return 0


def _virtual_reader(port: int) -> Connection:
    from ..live import link, stack

    try:
        return link.connect(port)
    except OSError:
        needs = f"Linux only: {stack.INSTALL}"
        reason = f"no virtual reader listens on port {port} ({needs}); see cardlib doctor"
        raise CardlibError(reason) from None


def _doctor(options: argparse.Namespace) -> int:
    from ..live.record import doctor

    for line in doctor():
        _say(line)
    return 0
