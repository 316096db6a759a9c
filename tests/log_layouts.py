# SPDX-License-Identifier: MIT
"""The layouts of made-up logs that have a line, or a block of lines, for each half."""

from __future__ import annotations

from collections.abc import Sequence

import log_parts as parts
from log_bytes import DECLARED, HEX, PLAIN, Spelling
from log_dialogues import filler
from log_sheet import Half, Log, Shown, Style, Turn


def choose_spelling(log: Log, choices: Sequence[Spelling]) -> None:
    """Spell the bytes in one of these ways instead."""
    log.features -= {name for name in log.features if name.startswith(("hex:", "bytes:"))}
    log.spelling = log.rng.choice(choices)
    log.features.add(f"hex: {log.spelling.name}")


def no_marks(log: Log) -> None:
    """Forget the marks that were drawn: the layout has others, or none."""
    log.features = {name for name in log.features if not name.startswith(("words:", "marks:"))}


def draw_width(log: Log, style: Style, share: float) -> None:
    """Wrap long halves, at a usual width or at any."""
    if not log.spelling.plain or not log.chance(share):
        return
    width = log.rng.choice([8, 16, 16, 16, 32, 32, log.rng.randint(5, 40)])
    longest = max(len(half.tokens) for turn in log.turns for half in (turn.command, turn.response))
    if longest <= width:
        return
    style.width = width
    usual = style.width in (8, 16, 32)
    log.features.add(f"wrapped at {style.width}" if usual else "wrapped at any width")
    style.indent = log.choose("", "    ", "\t", "mark", "mark", "  ")
    log.features.add("continuation indented" if style.indent else "continuation at the margin")


def chunks(half: Half, width: int, stop: int | None = None) -> list[tuple[int, int]]:
    """Where the rows of a wrapped half begin and end."""
    size = len(half.tokens[:stop])
    if not width or size <= width:
        return [(0, size)]
    return [(start, min(start + width, size)) for start in range(0, size, width)]


def wrapped(log: Log, style: Style, mark: str, half: Half, behind: str) -> None:
    """A half over several rows, a mark in front of the first."""
    stop = -2 if style.status == "apart" and half.key[1] == "response" and not half.cut else None
    indent = " " * len(mark) if style.indent == "mark" else style.indent
    rows = chunks(half, style.width, stop)
    trailing = "," if log.spelling.separator == "," else ""
    for number, (start, end) in enumerate(rows):
        is_last = number == len(rows) - 1
        front = mark if number == 0 else indent
        tail = half.cut + behind if is_last else trailing
        shown = log.bytes_of(half, start, end)
        log.row(front, shown, tail, prefixed=number == 0 or style.prefix_all)


def half_rows(log: Log, style: Style, turn: Turn, half: Half) -> None:
    """A half behind its mark, and what is said of it."""
    mark = log.marks[0] if half is turn.command else log.marks[1]
    mark = parts.spaced(log, parts.with_length(log, style, mark, len(half.tokens)))
    behind = parts.remark(log, style, turn, half)
    if style.width and len(half.tokens) > style.width:
        wrapped(log, style, mark, half, behind)
    elif half is turn.command:
        log.row(mark, log.bytes_of(half), half.cut, behind)
    else:
        log.row(mark, *parts.response_parts(log, style, half), behind)
    if half is turn.response:
        parts.later_status(log, style, half)


def marked(log: Log) -> None:
    """A mark and a half on each line, much or little around it."""
    style = Style()
    log.draw_prefix()
    draw_width(log, style, 0.14)
    if style.width:
        style.status = log.choose("with", "with", "apart")
        style.status_form = log.choose("SW: {}", "Status: {}", "SW={}")
        log.features.add(f"status: {style.status}")
    else:
        parts.draw_status(log, style)
    parts.draw_around(log, style, is_rich=True)
    style.prefix_all = log.chance(0.7)
    style.blank_lines = log.chance(0.15, "blank lines between")
    named = log.chance(0.07)
    if named:
        no_marks(log)
        log.features.add("marks: named after the command")
    keys = log.chance(0.04, "foreign hex between")
    for turn in log.turns:
        if named:
            log.marks = (f"{turn.name.lower()}: ", f"{turn.name.lower()} returned: ")
        parts.title(log, style, turn)
        half_rows(log, style, turn, turn.command)
        parts.again(log, style, turn.command)
        parts.between(log, style, turn)
        half_rows(log, style, turn, turn.response)
        parts.again(log, style, turn.response)
        parts.after(log, style, turn)
        parts.duration(log, style)
        if keys and log.chance(0.4):
            name = log.choose("session key", "MAC", "nonce", "sha1")
            log.row(f"{name} = {filler(f'{turn.number}{name}', 16).lower()}")
        if style.blank_lines:
            log.plain_row()


def bare(log: Log) -> None:
    """Commands and answers in turn, with nothing or the same in front of both."""
    style = Style()
    choose_spelling(log, PLAIN)
    if log.chance(0.4):
        log.draw_prefix()
    same = log.choose("", "", "", "APDU: ", "hex: ", "- ")
    no_marks(log)
    log.features.add("marks: the same for both" if same else "marks: none")
    log.marks = (same, same)
    draw_width(log, style, 0.1)
    style.indent = "" if style.indent == "mark" else style.indent
    style.prefix_all = False
    style.status = log.choose("with", "with", "with", "gap", "apart")
    style.status_form = "{}"
    if log.chance(0.15, "remark behind"):
        style.remark = log.choose("// {}", "# {}", "({})")
    log.features.add(f"status: {style.status}")
    style.blank_lines = log.chance(0.35, "blank lines between")
    for turn in log.turns:
        half_rows(log, style, turn, turn.command)
        half_rows(log, style, turn, turn.response)
        if style.blank_lines:
            log.plain_row()


BETWEEN = [
    " -> ",
    " → ",
    " => ",
    " | ",
    ": ",
    " : ",
    "\t",
    ";",
    ",",
    ", ",
    " / ",
    " -- ",
    " ==> ",
    " >> ",
    " ← ",
    " ... ",
]


def one_line(log: Log) -> None:
    """Both halves in one line, with an arrow, a pipe, a colon, a tab or marks between."""
    choose_spelling(log, [one for one in HEX if one.name != "NSData"])
    if log.chance(0.5):
        log.draw_prefix()
    style = Style()
    if log.chance(0.3):
        style.remark = log.choose("({})", "// {}", "- {}", "# {}")
        log.features.add("remark behind")
    first, second = "", ""
    marked_halves = log.chance(0.3)
    if marked_halves:
        first, second = (parts.spaced(log, mark) for mark in log.marks)
        between = log.choose(" ", "  ", " | ", "\t", ", ", "; ")
    else:
        no_marks(log)
        usable = [one for one in BETWEEN if one.strip()[:1] != (log.spelling.separator or "!")]
        between = log.rng.choice(usable)
        log.features.add(f"between halves: {between!r}")
    if log.spelling.separator in between:
        between = between if between.strip() else " | "
    style.status = log.choose("with", "with", "with", "gap", "named")
    if style.status == "gap" and not log.spelling.plain:
        style.status = "with"
    log.features.add(f"status: {style.status}")
    for turn in log.turns:
        behind = parts.remark(log, style, turn, turn.response)
        answer = parts.response_parts(log, style, turn.response)
        log.row(first, log.bytes_of(turn.command), between, second, *answer, behind)


def below(log: Log) -> None:
    """A mark alone on its line, the bytes below it."""
    style = Style()
    choose_spelling(log, PLAIN)
    log.draw_prefix()
    draw_width(log, style, 0.5)
    indent = log.choose("", "", "  ", "    ", "\t")
    style.prefix_all = log.chance(0.4)
    style.status = log.choose("with", "with", "with", "apart")
    style.status_form = log.choose("SW: {}", "Status: {}", "SW1SW2: {}", "SW={}")
    log.features.add(f"status: {style.status}")
    style.length = log.choose("", "", "({})", "({} bytes)", "[{}]")
    if style.length:
        log.features.add("length in front")
    parts.draw_around(log, style, is_rich=False)
    blank = log.choose("", "", "between", "below marks")
    if blank:
        log.features.add("blank lines between")
    for turn in log.turns:
        parts.title(log, style, turn)
        for half, mark in ((turn.command, log.marks[0]), (turn.response, log.marks[1])):
            log.row(parts.with_length(log, style, mark, len(half.tokens)).rstrip(" -=\t"))
            if blank == "below marks":
                log.plain_row()
            stop = (
                -2 if style.status == "apart" and half is turn.response and not half.cut else None
            )
            for start, end in chunks(half, style.width, stop):
                cut = half.cut if end == len(half.tokens) else ""
                if start == end:
                    continue  # an answer without data has no row
                log.row(indent, log.bytes_of(half, start, end), cut, prefixed=style.prefix_all)
            if half is turn.response:
                parts.later_status(log, style, half)
            if blank:
                log.plain_row()
        parts.duration(log, style)


OFFSETS = [
    "",
    "{:04x}: ",
    "{:04X}  ",
    "{:08x}  ",
    "{:08X}: ",
    "0x{:04X}: ",
    "{:04x}   ",
    "  {:04x}: ",
]
COLUMNS = ["", "  ", "   ", " |", "  |", "    "]


def dump_row(log: Log, half: Half, start: int, end: int, form: tuple[str, str, int]) -> None:
    """A row of a dump: offset, bytes, the bytes as text."""
    offset, column, gap = form
    shown = log.bytes_of(half, start, end)
    row: list[str | Shown] = [offset.format(start), shown]
    if gap and end - start > 8:
        row = [
            offset.format(start),
            log.bytes_of(half, start, start + 8),
            "  ",
            log.bytes_of(half, start + 8, end),
        ]
    if column:
        width = len(log.text_of(["00"] * 16)) + (1 if gap else 0)
        used = sum(len(part if isinstance(part, str) else part.text) for part in row[1:])
        row.append(" " * (width - used) + column + parts.text_column(half.tokens[start:end]))
        if column.endswith("|"):
            row.append("|")
    log.row(*row, prefixed=False)


def dump(log: Log) -> None:
    """A label, and rows of 16 below it as a program for dumps prints them."""
    choose_spelling(log, [one for one in PLAIN if one.name.startswith("blank")])
    log.draw_prefix()
    offset, column = log.rng.choice(OFFSETS), log.rng.choice(COLUMNS)
    gap = 1 if log.chance(0.3) else 0
    log.features.add("dump: offsets" if offset else "dump: no offsets")
    log.features.add("dump: text column" if column else "dump: no text column")
    style = Style(length=log.choose("", "{} bytes", "({} bytes)", "({})", "len={}"))
    blank = log.chance(0.3, "blank lines between")
    for turn in log.turns:
        for half, mark in ((turn.command, log.marks[0]), (turn.response, log.marks[1])):
            log.row(parts.with_length(log, style, mark, len(half.tokens)).rstrip(" -=\t"))
            for start, end in chunks(half, 16):
                dump_row(log, half, start, end, (offset, column, gap))
            if blank:
                log.plain_row()


def tlv_lines(log: Log) -> None:
    """An answer with one data object on each line."""
    choose_spelling(
        log, [one for one in PLAIN if one.separator in ("", " ") and "0x" not in one.name]
    )
    if log.chance(0.25):
        log.draw_prefix()
    is_marked = log.chance(0.7)
    marks = log.marks if is_marked else ("", "")
    if not is_marked:
        no_marks(log)
        log.features.add("marks: none")
    step = log.choose("", "  ", "   ", "\t")
    below_mark = is_marked and log.chance(0.4)
    comments = log.chance(0.35, "remark behind")
    style = Style(status="with", status_form=log.choose("{}", "{}", "SW: {}"))
    for turn in log.turns:
        log.row(parts.spaced(log, marks[0]), log.bytes_of(turn.command))
        if not parts.is_tree(turn.response):
            log.row(parts.spaced(log, marks[1]), log.bytes_of(turn.response))
            continue
        place = 0
        if below_mark:
            log.row(marks[1].rstrip())
        for number, (head, value, depth, is_open) in enumerate(parts.objects_of(turn.response)):
            end = place + len(head) + (0 if is_open else len(value))
            is_first = number == 0 and not below_mark
            front = (
                parts.spaced(log, marks[1])
                if is_first
                else step * (depth + 1 if is_marked else depth)
            )
            tag = "".join(head[:-1])
            name = f" // {parts.TAGS[tag]}" if comments and tag in parts.TAGS else ""
            log.row(front, log.bytes_of(turn.response, place, end), name, prefixed=is_first)
            place = end
        log.row(*parts.status_parts(style, turn.response), prefixed=False)


def declared(log: Log) -> None:
    """Byte arrays as a program of some language declares them."""
    language = log.rng.choice(list(DECLARED))
    no_marks(log)
    log.features = {name for name in log.features if not name.startswith(("hex:", "bytes:"))}
    log.features.add(f"declared: {language}")
    before, render, behind = DECLARED[language]
    log.spelling = Spelling(language, render, plain=False)
    names = log.rng.choice(
        [
            ("cmd", "resp"),
            ("command", "response"),
            ("capdu", "rapdu"),
            ("tx", "rx"),
            ("apdu", "expected"),
        ]
    )
    is_named = log.chance(0.4)
    for turn in log.turns:
        name = turn.name.lower().replace(" ", "_")
        for half, word in zip((turn.command, turn.response), names, strict=True):
            variable = f"{name}_{word}{turn.number}" if is_named else f"{word}{turn.number}"
            front = before.replace("{}", variable)
            log.row(front, log.bytes_of(half), behind)
        if log.rng.random() < 0.2:
            log.plain_row()
