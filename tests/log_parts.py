# SPDX-License-Identifier: MIT
"""What stands around the bytes in made-up logs: status words apart, lengths, remarks, echoes, explanations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from log_bytes import text_column
from log_sheet import Half, Log, Shown, Style, Turn

MEANINGS = {
    "9000": "OK", "6A82": "file not found", "6A83": "record not found", "6985": "conditions not satisfied",
    "6D00": "instruction not supported", "6982": "security status not satisfied", "6A88": "data not found",
}  # fmt: skip
TAGS = {
    "6F": "FCI Template", "84": "DF Name", "A5": "FCI Proprietary Template", "50": "Application Label",
    "87": "Application Priority Indicator", "9F38": "PDOL", "BF0C": "FCI Issuer Discretionary Data",
    "61": "Application Template", "4F": "Application Identifier", "70": "Record Template",
    "77": "Response Message Template", "57": "Track 2 Equivalent Data", "5A": "PAN", "82": "AIP",
    "94": "AFL", "9F26": "Application Cryptogram", "9F36": "ATC", "8E": "CVM List", "62": "FCP Template",
}  # fmt: skip
Tree = tuple[list[str], list[str], int, bool]  # tag, value, depth, whether it is constructed


def walk(tokens: Sequence[str], depth: int = 0) -> list[Tree] | None:
    """The BER-TLV objects in bytes, parents first; None where they do not tile."""
    objects: list[Tree] = []
    place = 0
    while place < len(tokens):
        start = place
        first = int(tokens[place], 16)
        place += 2 if first & 0x1F == 0x1F else 1
        if place >= len(tokens):
            return None
        size = int(tokens[place], 16)
        place += 1
        if size == 0x81 and place < len(tokens):
            size = int(tokens[place], 16)
            place += 1
        elif size > 127:
            return None
        stop = place + size
        if stop > len(tokens) or (first == 0 and size == 0):
            return None
        head, value = list(tokens[start:place]), list(tokens[place:stop])
        children = walk(value, depth + 1) if first & 0x20 and value else None
        objects.append((head, value, depth, children is not None))
        objects += children or []
        place = stop
    return objects


def is_tree(half: Half) -> bool:
    """Whether the data of an answer are a template that can be printed as a tree."""
    if not half.is_whole or len(half.data) < 6:
        return False
    objects = walk(half.data)
    return bool(objects) and objects[0][3]  # type: ignore[index]


def draw_status(log: Log, style: Style) -> None:
    """Where the status word stands."""
    kinds = ["with", "gap", "named", "apart", "repeated behind", "repeated below", "first"]
    style.status = log.rng.choices(kinds, [62, 8, 9, 9, 5, 5, 2])[0]
    if style.status in ("gap", "first") and not log.spelling.plain:
        style.status = "with"
    forms = [
        "SW={}",
        "SW: {}",
        "SW {}",
        "(SW={})",
        "Status: {}",
        "sw1sw2={}",
        "[{}]",
        "sw1={1} sw2={2}",
    ]
    if style.status == "apart":
        forms = [
            "SW: {}",
            "SW={}",
            "Status: {}",
            "Status word: {}",
            "SW1=0x{1} SW2=0x{2}",
            "状态字: {}",
            "SW1SW2 : {1} {2}",
            "SW = {1} {2}",
            "{}",
        ]
    if style.status == "first":
        forms = ["SW={} data="]
    style.status_form = log.rng.choice(forms)
    log.features.add(f"status: {style.status}")


def status_parts(style: Style, half: Half) -> list[str | Shown]:
    """A status word in words: "SW=9000"."""
    first, second = half.status
    if "{1}" in style.status_form:
        before, between = style.status_form.split("{1}")
        between, behind = between.split("{2}")
        return [
            before,
            Shown(half.key, [first], first),
            between,
            Shown(half.key, [second], second),
            behind,
        ]
    before, behind = style.status_form.split("{}")
    return [before, Shown(half.key, [first, second], first + second), behind]


def told_status(style: Style, half: Half) -> str:
    """A status word that is said again, with its meaning."""
    first, second = half.status
    text = (
        style.status_form.replace("{}", first + second).replace("{1}", first).replace("{2}", second)
    )
    meaning = MEANINGS.get(first + second)
    return f"{text} ({meaning})" if meaning else text


def response_parts(log: Log, style: Style, half: Half) -> list[str | Shown]:
    """An answer on one line, its status word where the log puts it."""
    if half.cut:
        return [log.bytes_of(half), half.cut]
    whole = log.bytes_of(half)
    data = log.bytes_of(half, 0, -2)
    if style.status == "gap" and half.data:
        gap = "  " if log.spelling.separator == " " else " "
        return [data, gap, log.bytes_of(half, -2)]
    if style.status == "named":
        gap = " " if half.data else ""
        return [data, gap, *status_parts(style, half)]
    if style.status == "apart":
        return [data]
    if style.status == "repeated behind":
        return [whole, "  " + told_status(style, half)]
    if style.status == "first":
        first = status_parts(style, half)
        return [*first, data] if half.data else first[:-1]
    return [whole]


def later_status(log: Log, style: Style, half: Half) -> None:
    """The line of the status word below an answer."""
    if half.cut:
        return
    if style.status == "apart":
        log.row(*status_parts(style, half))
    elif style.status == "repeated below":
        log.row(told_status(style, half))


LENGTHS = ["({})", "[{}]", "{} bytes", "len={}", "length {}", "({} bytes)", "len = {:4d}"]


def with_length(log: Log, style: Style, mark: str, size: int) -> str:
    """A mark with the number of bytes in it or behind it."""
    if not style.length:
        return mark
    length = style.length.format(size)
    body = mark.rstrip()
    if body.endswith(":"):
        return f"{body[:-1].rstrip()} {length}: "
    return f"{body} {length}: "


def spaced(log: Log, mark: str) -> str:
    """A mark that does not run into the bytes behind it."""
    body = mark.strip()
    if not mark:
        return ""
    if body and all(letter in "0123456789ABCDEFabcdef" for letter in body):
        return body + ": "
    is_open = mark[-1:].isalnum() or mark[-1:] in "-:=" or ord(mark[-1:] or " ") > 0x2000
    if is_open and (log.spelling.separator in (":", "-", ",") or mark[-1:].isalnum()):
        return mark + " "
    return mark


def draw_around(log: Log, style: Style, is_rich: bool) -> None:
    """Lengths, remarks, echoes, explanations, durations, titles; none in most logs."""
    if log.chance(0.13, "length in front"):
        style.length = log.rng.choice(LENGTHS)
    if log.chance(0.13, "remark behind"):
        style.remark = log.choose(
            "// {}", "# {}", "({})", "; {}", "- {}", "/* {} */", "<-- {}", " {}"
        )
    if log.chance(0.10, "duration"):
        style.duration = log.choose(
            "{} ms", "({} usec)", "time: {} ms", "Elapsed: {} ms", "took {}ms"
        )
    if log.chance(0.12, "title"):
        style.title = log.choose(
            "{}", "# {}", "[Step {1}] {}", "=== {} ===", "{1}. {}", "--- {1} ---", "-- {}"
        )
    if not is_rich:
        return
    if log.chance(0.09, "told again"):
        echoes = [
            ("SendAPDU data: ", ",tw:3"),
            ("    raw=", ""),
            ("   buffer: ", ""),
            ("wire layer: ", ""),
        ]
        style.echo = log.rng.choice(echoes)
    for kind, share in [
        ("prose", 0.09),
        ("data again", 0.05),
        ("header again", 0.04),
        ("tree", 0.06),
        ("tags", 0.05),
    ]:
        if log.chance(share, f"explained: {kind}"):
            style.explain.add(kind)


def remark(log: Log, style: Style, turn: Turn, half: Half) -> str:
    """What stands behind the bytes, or nothing."""
    if not style.remark or half.cut or log.rng.random() < 0.3:
        return ""
    if half is turn.command:
        return "  " + style.remark.format(turn.name.lower())
    meaning = MEANINGS.get("".join(half.status), "answer of the card")
    return "  " + style.remark.format(meaning)


def title(log: Log, style: Style, turn: Turn) -> None:
    if style.title:
        log.row(style.title.replace("{1}", str(turn.number + 1)).replace("{}", turn.name))


def duration(log: Log, style: Style) -> None:
    if style.duration:
        log.row(style.duration.format(log.rng.randrange(8, 900)))


def again(log: Log, style: Style, half: Half) -> None:
    """The same half once more, as another level of the program prints it."""
    if style.echo and half.is_whole:
        log.row(style.echo[0] + log.text_of(half.tokens) + style.echo[1])


PROSE = [
    "Waiting for the card...", "Sending the command", "The card answers:", "Now the next step.", "ok",
    "transceive done", "No timeout so far", "processing...", "Received response", "try again later",
]  # fmt: skip


def between(log: Log, style: Style, turn: Turn) -> None:
    """What a program prints between a command and its answer."""
    tokens = turn.command.tokens
    if "prose" in style.explain:
        log.row(log.rng.choice(PROSE))
    if not turn.command.is_whole:
        return
    if "header again" in style.explain:
        names = zip(("CLA", "INS", "P1", "P2"), tokens, strict=False)
        log.row("    " + " ".join(f"{name}={token}" for name, token in names))
    if "data again" in style.explain and len(tokens) > 6 and tokens[4] != "00":
        log.row("    Data     :" + " ".join(tokens[5 : 5 + int(tokens[4], 16)]))


def after(log: Log, style: Style, turn: Turn) -> None:
    """What a program prints behind an answer: its data objects, explained."""
    if not is_tree(turn.response):
        return
    objects = list(objects_of(turn.response))
    if "tree" in style.explain:
        for head, value, depth, is_open in objects:
            name = TAGS.get("".join(head[:-1]), "Unknown tag")
            log.row("      " * depth + " ".join(head) + f" -- {name}")
            if not is_open and value:
                log.row("      " * (depth + 1) + " ".join(value) + " (BINARY)")
        log.row(" ".join(turn.response.status) + " -- Command successfully executed (OK)")
    elif "tags" in style.explain:
        for head, value, _, is_open in objects:
            if not is_open and value:
                log.row(f"    {''.join(head[:-1])} [{len(value)}]: {''.join(value)}")


def objects_of(half: Half) -> Iterator[Tree]:
    yield from walk(half.data) or []


def as_text(half: Half) -> str:
    return text_column(half.tokens)
