# SPDX-License-Identifier: MIT
"""Layouts that put the halves into a file of another kind, and what a forum, a mail or a browser does to a log."""

from __future__ import annotations

from collections.abc import Callable

from log_bytes import PLAIN, Spelling
from log_layouts import choose_spelling, no_marks
from log_parts import status_parts
from log_sheet import Half, Log, Row, Shown, Style, Turn

# Spellings that need no quotes in a file of columns.
IN_SHELLS = [one for one in PLAIN if one.separator in ("", " ", ":", "-") and "0x" not in one.name]
DIRECTIONS = [
    ("TX", "RX"), ("send", "recv"), ("out", "in"), ("C", "R"), ("command", "response"), (">", "<"),
    ("reader", "card"), ("req", "resp"), ("C-APDU", "R-APDU"), ("0", "1"), ("发送", "接收"), ("->", "<-"),
]  # fmt: skip
HALF_NAMES = [
    ("command", "response"), ("capdu", "rapdu"), ("apdu", "response"), ("request", "response"),
    ("tx", "rx"), ("sent", "received"), ("cmd", "rsp"), ("C-APDU", "R-APDU"), ("send", "recv"),
]  # fmt: skip


def csv_stamp(log: Log, form: str, row: int) -> str:
    """The cell of a time or of a number."""
    clock = log.clock
    clock.tick(log.rng.choice([2, 9, 14, 38]))
    forms = {
        "": "",
        "index": str(row + 1),
        "seconds": f"{clock.elapsed:.3f}",
        "time": f"{clock.time}.{clock.ms}",
        "epoch": str(clock.epoch_s),
        "date": f"{clock.date} {clock.time}",
    }
    return forms[form]


CSV_STAMPS = ["", "index", "seconds", "time", "epoch", "date"]


def csv(log: Log) -> None:
    """Columns: a half a line with its direction, or both halves on a line."""
    no_marks(log)
    choose_spelling(log, IN_SHELLS)
    mark = log.choose(",", ";", "\t", ",")
    quote = log.choose("", "", '"')
    stamp = log.rng.choice(CSV_STAMPS)
    has_header = log.chance(0.6)
    by_half = log.chance(0.5)
    kind = "direction column" if by_half else "columns of both halves"
    log.features |= {
        f"csv: {kind}",
        f"csv: {'with' if has_header else 'no'} header",
        f"csv: stamp {stamp}",
    }
    front_name = [stamp] if stamp else []
    if by_half:
        csv_halves(log, mark, quote, (stamp, front_name, has_header))
        return
    names = log.rng.choice(HALF_NAMES)
    last = log.choose("", "ms", "sw", "note")
    if has_header:
        log.plain_row(mark.join([*front_name, *names, *([last] if last else [])]))
    for turn in log.turns:
        front = csv_stamp(log, stamp, turn.number)
        row: list[str | Shown] = [front + mark if stamp else ""]
        row += [
            quote,
            log.bytes_of(turn.command),
            quote + mark + quote,
            log.bytes_of(turn.response),
            quote,
        ]
        cells = {
            "": "",
            "ms": f"{mark}{log.rng.randrange(5, 90)}.2",
            "note": f"{mark}{turn.name.lower()}",
        }
        cells["sw"] = mark + "".join(turn.response.status)
        log.rows.append(Row([*row, cells[last]]))


def csv_halves(log: Log, mark: str, quote: str, front: tuple[str, list[str], bool]) -> None:
    stamp, front_name, has_header = front
    directions = log.rng.choice(DIRECTIONS)
    has_length = log.chance(0.25)
    if has_header:
        log.plain_row(
            mark.join([*front_name, "direction", *(["length"] if has_length else []), "data"])
        )
    for turn in log.turns:
        for half, direction in zip((turn.command, turn.response), directions, strict=True):
            cells = (
                [csv_stamp(log, stamp, 2 * turn.number + (half is turn.response))] if stamp else []
            )
            cells += [direction, *([str(len(half.tokens))] if has_length else [])]
            log.rows.append(Row([mark.join(cells) + mark + quote, log.bytes_of(half), quote]))


def json(log: Log) -> None:
    """JSON: an array of exchanges, a line a half, or an object in an object."""
    no_marks(log)
    choose_spelling(log, IN_SHELLS)
    kind = log.choose(
        "array", "indented array", "line a half", "line an exchange", "shell", "numbers"
    )
    log.features.add(f"json: {kind}")
    if kind == "numbers":
        log.features = {name for name in log.features if not name.startswith("hex:")}
        log.spelling = Spelling(
            "numbers", lambda tokens: str([int(token, 16) for token in tokens]), plain=False
        )
    names = log.rng.choice(HALF_NAMES)
    directions = log.rng.choice(DIRECTIONS)
    if kind in ("line a half", "shell", "numbers"):
        json_halves(log, kind, directions)
        return
    apart = log.chance(0.3, "json: status apart")
    is_array = "array" in kind
    if is_array:
        log.plain_row("[")
    for turn in log.turns:
        comma = "," if is_array and turn is not log.turns[-1] else ""
        json_exchange(log, turn, names, (kind == "indented array", apart, comma))
    if is_array:
        log.plain_row("]")


def quoted(log: Log, half: Half, stop: int | None = None) -> list[str | Shown]:
    if log.spelling.name == "numbers":
        return [log.bytes_of(half, 0, stop)]
    return ['"', log.bytes_of(half, 0, stop), '"']


def json_exchange(
    log: Log, turn: Turn, names: tuple[str, str], form: tuple[bool, bool, str]
) -> None:
    is_indented, apart, comma = form
    cells = [[f'"{names[0]}": ', *quoted(log, turn.command)]]
    cells.append([f'"{names[1]}": ', *quoted(log, turn.response, -2 if apart else None)])
    if apart:
        cells.append(['"sw": "', log.bytes_of(turn.response, -2), '"'])
    elif log.rng.random() < 0.4:
        cells.append([f'"time": {log.rng.randrange(3, 90)}'])
    if not is_indented:
        parts = [part for cell in cells for part in [", ", *cell]][1:]
        indent = "  " if comma else ""
        log.rows.append(Row([indent + "{", *parts, "}" + comma]))
        return
    log.plain_row("  {")
    for cell in cells:
        log.rows.append(Row(["    ", *cell, "," if cell is not cells[-1] else ""]))
    log.plain_row("  }" + comma)


def json_halves(log: Log, kind: str, directions: tuple[str, str]) -> None:
    name = log.choose("data", "hex", "apdu", "payload", "bytes")
    key = log.choose("type", "dir", "direction")
    if kind == "shell":
        log.plain_row('{"log": {"version": 1, "entries": [')
    for turn in log.turns:
        for half, direction in zip((turn.command, turn.response), directions, strict=True):
            is_last = turn is log.turns[-1] and half is turn.response
            comma = "," if kind == "shell" and not is_last else ""
            log.clock.tick(9)
            stamp = f'"time": "{log.clock.date}T{log.clock.time}.{log.clock.ms}Z", '
            front = f'{{{stamp}"{key}": "{direction}", "{name}": '
            log.rows.append(Row([front, *quoted(log, half), "}" + comma]))
    if kind == "shell":
        log.plain_row("]}}")


def xml(log: Log) -> None:
    """XML: elements or attributes, an exchange on one line or on several."""
    no_marks(log)
    choose_spelling(log, IN_SHELLS)
    kind = log.choose("elements", "one line", "attributes", "direction")
    log.features.add(f"xml: {kind}")
    names = [name.replace(" ", "") for name in log.rng.choice(HALF_NAMES)]
    directions = log.rng.choice([one for one in DIRECTIONS if "<" not in "".join(one)])
    log.plain_row('<?xml version="1.0" encoding="UTF-8"?>')
    log.plain_row("<trace>")
    for turn in log.turns:
        command, response = log.bytes_of(turn.command), log.bytes_of(turn.response)
        first: list[str | Shown] = [f"<{names[0]}>", command, f"</{names[0]}>"]
        second: list[str | Shown] = [f"<{names[1]}>", response, f"</{names[1]}>"]
        if kind == "elements":
            log.plain_row("  <exchange>")
            log.rows += [Row(["    ", *first]), Row(["    ", *second])]
            log.plain_row("  </exchange>")
        elif kind == "one line":
            log.rows.append(Row(["  <exchange>", *first, *second, "</exchange>"]))
        elif kind == "attributes":
            row = [f'  <exchange {names[0]}="', command, f'" {names[1]}="', response, '"/>']
            log.rows.append(Row(row))
        else:
            for shown, direction in zip((command, response), directions, strict=True):
                log.rows.append(Row([f'  <apdu dir="{direction}">', shown, "</apdu>"]))
    log.plain_row("</trace>")


def table(log: Log) -> None:
    """A table of Markdown: a direction a line, or both halves on a line."""
    no_marks(log)
    choose_spelling(log, IN_SHELLS)
    by_half = log.chance(0.6)
    log.features.add(f"markdown: table of {'halves' if by_half else 'pairs'}")
    tick = log.choose("", "", "`")
    names = log.rng.choice(HALF_NAMES)
    directions = log.rng.choice(DIRECTIONS)
    numbered = log.chance(0.4)
    heads = ["#"] if numbered else []
    heads += ["Dir", "Data"] if by_half else list(names)
    log.plain_row("| " + " | ".join(heads) + " |")
    log.plain_row("|" + "|".join("-" * (len(head) + 2) for head in heads) + "|")
    for turn in log.turns:
        command, response = log.bytes_of(turn.command), log.bytes_of(turn.response)
        if not by_half:
            number = f"| {turn.number + 1} " if numbered else ""
            row = [f"{number}| {tick}", command, f"{tick} | {tick}", response, f"{tick} |"]
            log.rows.append(Row(row))
            continue
        for shown, direction in zip((command, response), directions, strict=True):
            count = 2 * turn.number + 1 + (shown is response)
            number = f"| {count} " if numbered else ""
            log.rows.append(Row([f"{number}| {direction} | {tick}", shown, f"{tick} |"]))


def bold(log: Log) -> None:
    """Bold words and code, as people write in issues."""
    choose_spelling(log, IN_SHELLS)
    no_marks(log)
    log.features.add("markdown: bold")
    words = log.rng.choice(HALF_NAMES)
    form = log.choose("**{}**: `", "**{}:** `", "- **{}** `", "*{}*: `", "**{}** ")
    blank = log.chance(0.6)
    apart = log.chance(0.2)
    style = Style(status_form="`SW: {}`")
    for turn in log.turns:
        for half, word in zip((turn.command, turn.response), words, strict=True):
            is_short = apart and half is turn.response
            shown = log.bytes_of(half, 0, -2 if is_short else None)
            log.rows.append(
                Row([form.format(word.title()), shown, "`" if form.endswith("`") else ""])
            )
            if is_short:
                log.rows.append(Row(status_parts(style, half)))
            if blank:
                log.plain_row()


def in_front(log: Log, text: str) -> None:
    """Put a text in front of every line."""
    for row in log.rows:
        row.parts.insert(0, text)


def escape(log: Log) -> None:
    """What is left of HTML."""
    for row in log.rows:
        row.parts = [escaped(part) if isinstance(part, str) else part for part in row.parts]
    kind = log.choose("<br>", "<br/>", "", "<code>", "<p>")
    for row in log.rows:
        if kind.startswith("<br"):
            row.parts.append(kind)
        elif kind:
            row.parts = [kind, *row.parts, kind.replace("<", "</")]
    log.features.add(f"html: {kind or 'escapes'}")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fence(log: Log) -> None:
    words = log.choose("", "text", "log", "")
    log.rows.insert(0, Row([f"```{words}"]))
    log.rows.append(Row(["```"]))


def surround(log: Log) -> None:
    """What a forum, a mail or a browser makes of the log."""
    opening = [
        "Hi, I get this from my card, what does it mean?",
        "Log:",
        "Here is the trace.",
        "Steps to reproduce: run the tool.",
    ]
    wraps: dict[str, Callable[[], None]] = {
        "markdown: fence": lambda: fence(log),
        "markdown: quote": lambda: in_front(log, "> "),
        "markdown: four blanks": lambda: in_front(log, "    "),
        "markdown: tab": lambda: in_front(log, "\t"),
    }
    kind = log.rng.choices(["", "wrap", "html"], [70, 23, 7])[0]
    if kind == "wrap":
        feature = log.rng.choice(list(wraps))
        log.features.add(feature)
        wraps[feature]()
    elif kind == "html" and "Python" not in log.spelling.name and log.spelling.name != "NSData":
        escape(log)
    if log.chance(0.15, "prose around"):
        log.rows.insert(0, Row([log.rng.choice(opening)]))
        log.rows.insert(1, Row([""]))
        if log.chance(0.5):
            log.rows += [
                Row([""]),
                Row([log.choose("Thanks in advance", "What does it mean?", "Any idea?")]),
            ]


def trail(log: Log) -> None:
    """Blanks and tabs at the end of lines."""
    if log.chance(0.09, "trailing blanks"):
        for row in log.rows:
            if log.rng.random() < 0.7:
                row.parts.append(log.choose(" ", "  ", "\t"))


def encoded(log: Log, text: str) -> str:
    """The text with the line ends and in the encoding of another system."""
    if log.chance(0.15, "CR LF"):
        text = text.replace("\n", "\r\n")
    kind = log.rng.choices(["", "BOM", "UTF-16"], [94, 3, 3])[0]
    if kind:
        log.features.add(kind)
    if kind == "BOM":
        return "\ufeff" + text
    if kind == "UTF-16":
        return text.encode("utf-16").decode("utf-8", "surrogateescape")
    return text
