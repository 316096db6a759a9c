# SPDX-License-Identifier: MIT
"""The text of a layout as a tree of lines, each cut into its columns; nothing is known yet of what they mean."""

from __future__ import annotations

import re
from dataclasses import field

from ..model import record

Fault = tuple[int, str, str]  # line number in the text, the line, what is wrong

# What stands in braces is kept, a remark is dropped.
_BRACES_OR_REMARK = re.compile(r"(\{[^{}]*\})|(?:^|(?<=\s))#.*")
_BRACES = re.compile(r"\{([^{}]*)\}")
_MARK = re.compile(r"(?:^|(?<=\s))!(\S*)")
_CONDITION = re.compile(r"(?:else )?when ")
_COLUMNS = re.compile(r" {2,}| ?\t\s*")


@record
class Line:
    """A line: its columns (name first), its marks, the names in braces, and the lines that stand under it."""

    number: int
    text: str
    columns: tuple[str, ...]
    marks: tuple[str, ...] = ()
    values: str | None = None
    children: list[Line] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.columns[0]


def read_lines(text: str, faults: list[Fault]) -> list[Line]:
    """The lines at the left edge, with those that stand under them; what is wrong is added to `faults`."""
    top: list[Line] = []
    levels: list[tuple[int, list[Line]]] = [
        (-1, top)
    ]  # indentation, and where a line of it belongs
    for number, raw in enumerate(text.split("\n"), 1):
        content = _BRACES_OR_REMARK.sub(r"\1", raw)
        if not content.strip():
            continue
        indent = _indentation(content)
        line = _line(number, raw.strip(), content.strip(), faults)
        while indent < levels[-1][0]:
            levels.pop()
        siblings = levels[-1][1]
        if indent > levels[-1][0]:
            if len(levels) > 1:
                siblings = siblings[-1].children
            elif top:
                faults.append(
                    (number, line.text, "indented less than the first line, and under no line")
                )
            else:
                siblings = top
            levels.append((indent, siblings))
        siblings.append(line)
    return top


def _indentation(content: str) -> int:
    blank = content[: len(content) - len(content.lstrip())]
    return len(blank.expandtabs())


def _line(number: int, text: str, content: str, faults: list[Fault]) -> Line:
    if _CONDITION.match(content):
        return Line(number, text, (" ".join(content.split()),))
    braces = _BRACES.findall(content)
    outside = _BRACES.sub("  ", content)
    if "{" in outside or "}" in outside:
        faults.append(
            (number, text, "a brace without its other half; names stand as {00 plain, 01 gzip}")
        )
        outside = outside.replace("{", "  ").replace("}", "  ")
    if len(braces) > 1:
        faults.append((number, text, "two lists of names; put them into one pair of braces"))
    marks = tuple(_MARK.findall(outside))
    columns = _COLUMNS.split(_MARK.sub("  ", outside).strip())
    return Line(
        number,
        text,
        tuple(column.strip() for column in columns),
        marks,
        braces[0] if braces else None,
    )


def is_special(line: Line) -> bool:
    """Whether a line is no field: a branch, a reference to other lines, a demand."""
    word = line.name.split(" ", 1)[0]
    return len(line.columns) == 1 and word in ("when", "else", "like", "needs")


def value_list(text: str) -> dict[str, str]:
    """A list of names as it stands under `[names]`: a key and its name, one a line or parted by commas."""
    table = {}
    for item in re.split(r"[\n,]", text):
        key, _, name = item.strip().partition(" ")
        if key:
            table[key] = name.strip()
    return table
