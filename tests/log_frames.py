# SPDX-License-Identifier: MIT
"""The layouts of made-up logs that take a command apart: fields, units of T=0, secure messaging."""

from __future__ import annotations

from collections.abc import Sequence

import log_parts as parts
from log_bytes import PLAIN, tokens_of
from log_dialogues import filler
from log_layouts import choose_spelling, no_marks
from log_sheet import Half, Log, Shown, Turn


def header_fields(tokens: Sequence[str]) -> list[tuple[str, int, int]]:
    """The fields of a short command: name, and where its bytes begin and end."""
    fields = [("CLA", 0, 1), ("INS", 1, 2), ("P1", 2, 3), ("P2", 3, 4)]
    if len(tokens) == 5:
        fields.append(("Le", 4, 5))
    elif len(tokens) > 5:
        stop = 5 + int(tokens[4], 16)
        fields += [("Lc", 4, 5), ("Data", 5, stop)]
        if stop < len(tokens):
            fields.append(("Le", stop, stop + 1))
    return fields


def fields(log: Log) -> None:
    """A command by the names of its fields, on one line or a field a line."""
    choose_spelling(
        log, [one for one in PLAIN if one.separator in ("", " ") and "0x" not in one.name]
    )
    log.features.add("fields of the header")
    a_line = log.chance(0.5, "one field a line")
    if log.chance(0.3) and not a_line:
        log.draw_prefix()
    equals = log.choose(": ", "=", ": ", " = ", ":")
    between = log.choose(", ", " ", " | ", "; ")
    lead, answer = log.marks
    if equals == "=" or lead.strip() in ("C", "R", "Q", "A", "T"):
        lead, answer = "APDU: ", "Response: "
    for turn in log.turns:
        cells: list[list[str | Shown]] = []
        for name, start, stop in header_fields(turn.command.tokens):
            cells.append([name + equals, log.bytes_of(turn.command, start, stop)])
        told: list[list[str | Shown]] = []
        if turn.response.data:
            told.append(["Data" + equals, log.bytes_of(turn.response, 0, -2)])
        told += [
            ["SW1" + equals, log.bytes_of(turn.response, -2, -1)],
            ["SW2" + equals, log.bytes_of(turn.response, -1)],
        ]
        for mark, row in ((lead, cells), (answer, told)):
            if a_line:
                log.row(mark.rstrip())
                for cell in row:
                    log.row("  ", *cell)
            else:
                joined = [part for cell in row for part in [between, *cell]][1:]
                log.row(parts.spaced(log, mark), *joined)


def procedure_bytes(log: Log) -> None:
    """T=0 as a sniffer sees it: header, procedure byte, data, status word."""
    choose_spelling(log, [one for one in PLAIN if one.separator in ("", " ")])
    if log.chance(0.4):
        log.draw_prefix()
    is_named = log.chance(0.3, "procedure byte with (INS)")
    log.features.add("procedure bytes of T=0")
    lead, answer = (parts.spaced(log, mark) for mark in log.marks)
    for turn in log.turns:
        command, response = turn.command, turn.response
        procedure_byte = log.text_of([command.tokens[1]]) + ("(INS)" if is_named else "")
        log.row(lead, log.bytes_of(command, 0, 5))
        if len(command.tokens) > 5:
            log.row(answer, procedure_byte)
            log.row(lead, log.bytes_of(command, 5))
        elif response.data:
            log.row(answer, procedure_byte)
            log.row(answer, log.bytes_of(response, 0, -2))
        log.row(answer, log.bytes_of(response, -2))


def fits_t0(turns: Sequence[Turn]) -> bool:
    """Whether these pairs can be the units of T=0 (ISO/IEC 7816-3, 12.2)."""
    for turn in turns:
        tokens = turn.command.tokens
        if len(tokens) < 5:
            return False
        if len(tokens) > 5 and (len(tokens) != 5 + int(tokens[4], 16) or turn.response.data):
            return False
        if (
            turn.response.data
            and len(tokens) == 5
            and int(tokens[4], 16) != len(turn.response.data)
        ):
            return False
    return True


def protect(turn: Turn) -> tuple[Half, Half]:
    """The pair under secure messaging, with blocks that nobody can open (ISO/IEC 7816-4, 10.2)."""
    tokens = turn.command.tokens
    has_data = len(tokens) > 5
    size = (int(tokens[4], 16) // 8 + 1) * 8 if has_data else 0
    block = tokens_of(f"87{size + 1:02X}01" + filler(f"c{turn.number}", size)) if has_data else []
    le = tokens_of("9701" + tokens[-1]) if len(tokens) == 5 else []
    objects = block + le + tokens_of("8E08" + filler(f"m{turn.number}", 8))
    cla = f"{int(tokens[0], 16) | 0x0C:02X}"
    command = [cla, *tokens[1:4], f"{len(objects):02X}", *objects, "00"]
    padded = (len(turn.response.data) // 8 + 1) * 8
    length = f"{padded + 1:02X}" if padded < 127 else f"81{padded + 1:02X}"
    data = tokens_of(f"87{length}01" + filler(f"r{turn.number}", padded))
    if not turn.response.data:
        data = []
    status = turn.response.status
    mac = tokens_of("8E08" + filler(f"n{turn.number}", 8))
    response = [*data, "99", "02", *status, *mac, *status]
    return Half(turn.command.key, command), Half(turn.response.key, response)


TWIN_MARKS = [
    ("[SM] plain >> ", ">> ", "<< ", "[SM] plain << "),
    ("C-APDU (plain): ", "C-APDU (SM): ", "R-APDU (SM): ", "R-APDU (plain): "),
    ("Command: ", "Wrapped command: ", "Response: ", "Unwrapped response: "),
    ("APDU --> ", "[SM] --> ", "[SM] <-- ", "APDU <-- "),
    ("unprotected: ", "send: ", "recv: ", "unprotected answer: "),
]


def fits_twins(turns: Sequence[Turn]) -> bool:
    """Whether all commands are short and in clear, and all answers short enough for a short frame."""
    for turn in turns:
        tokens = turn.command.tokens
        is_clear = tokens[0] in ("00", "80")
        if not is_clear or len(tokens) > 200 or len(turn.response.tokens) > 200:
            return False
        if (len(tokens) > 5 and tokens[4] == "00") or turn.response.tokens[-2] in ("61", "6C"):
            return False
    return True


def twins(log: Log) -> None:
    """The plain and the protected form of each command."""
    choose_spelling(log, [one for one in PLAIN if one.separator in ("", " ")])
    no_marks(log)
    log.features.add("[SM] twins")
    log.draw_prefix()
    marks = log.rng.choice(TWIN_MARKS)
    shows_answer = log.chance(0.6, "[SM] twins, answers too")
    for turn in log.turns:
        command, response = protect(turn)
        log.row(marks[0], log.text_of(turn.command.tokens))
        log.row(marks[1], log.bytes_of(command))
        log.row(marks[2], log.bytes_of(response))
        if shows_answer:
            log.row(marks[3], log.text_of(turn.response.tokens))
        turn.command, turn.response = command, response
