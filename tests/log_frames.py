# SPDX-License-Identifier: MIT
"""The layouts of made-up logs that take a command apart: fields, units of T=0, secure messaging."""

from __future__ import annotations

from collections.abc import Sequence

import log_parts as parts
from log_bytes import PLAIN, tokens_of
from log_dialogues import filler
from log_layouts import choose_spelling, no_marks
from log_sheet import Half, Log, Shown, Turn

HEADER = 5  # bytes: CLA, INS, P1, P2, P3
MOST_IN_TWINS = 200  # bytes of a half
Cell = list[str | Shown]
# Spellings in which the bytes of a half are one piece, or have blanks between them.
IN_ONE = [spelling for spelling in PLAIN if spelling.separator in ("", " ")]


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
    choose_spelling(log, [spelling for spelling in IN_ONE if "0x" not in spelling.name])
    log.features.add("fields of the header")
    is_field_a_line = log.chance(0.5, "one field a line")
    if log.chance(0.3) and not is_field_a_line:
        log.draw_prefix()
    equals = log.choose(": ", "=", ": ", " = ", ":")
    between = log.choose(", ", " ", " | ", "; ")
    lead, answer = log.marks
    if equals == "=" or lead.strip() in ("C", "R", "Q", "A", "T"):
        lead, answer = "APDU: ", "Response: "
    for turn in log.turns:
        command_cells: list[Cell] = []
        for name, start, stop in header_fields(turn.command.tokens):
            command_cells.append([name + equals, log.bytes_of(turn.command, start, stop)])
        answer_cells: list[Cell] = []
        if turn.response.data:
            answer_cells.append(["Data" + equals, log.bytes_of(turn.response, 0, -2)])
        answer_cells.append(["SW1" + equals, log.bytes_of(turn.response, -2, -1)])
        answer_cells.append(["SW2" + equals, log.bytes_of(turn.response, -1)])
        for mark, cells in ((lead, command_cells), (answer, answer_cells)):
            if is_field_a_line:
                log.row(mark.rstrip())
                for cell in cells:
                    log.row("  ", *cell)
            else:
                log.row(parts.spaced(log, mark), *_joined(cells, between))


def _joined(cells: Sequence[Cell], between: str) -> Cell:
    """Cells on one line."""
    row = list(cells[0])
    for cell in cells[1:]:
        row += [between, *cell]
    return row


def procedure_bytes(log: Log) -> None:
    """T=0 as a sniffer sees it: header, procedure byte, data, status word."""
    choose_spelling(log, IN_ONE)
    if log.chance(0.4):
        log.draw_prefix()
    is_named = log.chance(0.3, "procedure byte with (INS)")
    log.features.add("procedure bytes of T=0")
    suffix = "(INS)" if is_named else ""
    lead, answer = (parts.spaced(log, mark) for mark in log.marks)
    for turn in log.turns:
        command, response = turn.command, turn.response
        procedure_byte = log.text_of([command.tokens[1]]) + suffix
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
        tokens, answer_data = turn.command.tokens, turn.response.data
        if len(tokens) < HEADER:
            return False
        p3 = int(tokens[HEADER - 1], 16)
        has_data = len(tokens) > HEADER
        if has_data and (answer_data or len(tokens) != HEADER + p3):
            return False
        if answer_data and len(answer_data) != p3:
            return False
    return True


def padded(size: int) -> int:
    """How long data are with their padding, in blocks of eight bytes."""
    return (size // 8 + 1) * 8


def protect(turn: Turn) -> tuple[Half, Half]:
    """The pair under secure messaging, with blocks that nobody can open (ISO/IEC 7816-4, 10.2)."""
    tokens = turn.command.tokens
    has_data = len(tokens) > HEADER
    objects: list[str] = []
    if has_data:
        size = padded(int(tokens[4], 16))
        objects += tokens_of(f"87{size + 1:02X}01" + filler(f"c{turn.number}", size))
    if len(tokens) == HEADER:
        objects += tokens_of("9701" + tokens[-1])
    objects += tokens_of("8E08" + filler(f"m{turn.number}", 8))
    cla = f"{int(tokens[0], 16) | 0x0C:02X}"
    command = [cla, *tokens[1:4], f"{len(objects):02X}", *objects, "00"]
    data: list[str] = []
    if turn.response.data:
        size = padded(len(turn.response.data))
        length = f"{size + 1:02X}"
        if size >= 127:
            length = "81" + length
        data = tokens_of(f"87{length}01" + filler(f"r{turn.number}", size))
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
        tokens, answer = turn.command.tokens, turn.response.tokens
        if tokens[0] not in ("00", "80"):
            return False
        if len(tokens) > MOST_IN_TWINS or len(answer) > MOST_IN_TWINS:
            return False
        is_extended = len(tokens) > HEADER and tokens[4] == "00"
        if is_extended or answer[-2] in ("61", "6C"):
            return False
    return True


def twins(log: Log) -> None:
    """The plain and the protected form of each command."""
    choose_spelling(log, IN_ONE)
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
