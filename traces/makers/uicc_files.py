# SPDX-License-Identifier: MIT
"""The file system of a virtual UICC, built from the rows that decode one (ETSI TS 102 221, 8 and 13).

uicc_files.toml says what is in each file, by the names of the rows; the layouts write the bytes.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardlib.apps import facts_of
from cardlib.core.model import Context
from cardlib.core.secure import written

TABLE = Path(__file__).with_name("uicc_files.toml")
ROWS = facts_of(Context(application="telecom"))
READ, UPDATE = 0, 1  # what a rule is about, by its place in a pair
MODES = ("800101", "800102")  # access modes: READ, UPDATE (TS 102 221, 9.2.2)
CONDITIONS = {
    "always": written("90", b""),
    "PIN of application 1": written("A4", bytes.fromhex("830101950108")),
    "ADM1": written("A4", bytes.fromhex("83010A950108")),
}
TRANSPARENT, LINEAR, DIRECTORY = "4121", "4221", "7821"  # file descriptors (11.1.1.4.3)
RULES_SHORT = {"MF/2F06": "06", "ADF.USIM/6F06": "17", "ADF.ISIM/6F06": "06"}
Rule = tuple[str, str]


@dataclass
class File:
    """An elementary file: one piece of content, or records of one size."""

    path: str
    content: list[bytes]
    rules_file: str
    rule_number: int
    rule: Rule
    short: str = ""
    has_records: bool = False

    @property
    def identifier(self) -> str:
        return self.path.rpartition("/")[2]

    def template(self) -> bytes:
        """The file control parameters (11.1.1.3)."""
        size = sum(map(len, self.content))
        descriptor = bytes.fromhex(TRANSPARENT)
        if self.has_records:
            descriptor = bytes.fromhex(LINEAR) + len(self.content[0]).to_bytes(2)
            descriptor += bytes((len(self.content),))
        reference = bytes.fromhex(self.rules_file) + bytes((self.rule_number,))
        objects = written("82", descriptor)
        objects += written("83", bytes.fromhex(self.identifier))
        objects += written("8A", b"\x05")
        objects += written("8B", reference)
        objects += written("80", size.to_bytes(2))
        if self.short:
            short = int(self.short, 16)
            objects += written("88", bytes((short << 3,)))
        return written("62", objects)


@dataclass
class FileSystem:
    """All files by their path, and the directories with what they are selected by."""

    directories: dict[str, str]
    files: dict[str, File] = field(default_factory=dict)

    def child(self, directory: str, identifier: str) -> str:
        """The path of a file or directory in a directory; empty where there is none."""
        path = f"{directory}/{identifier}"
        if path in self.files or path in self.directories:
            return path
        return ""

    def by_short(self, directory: str, short: int) -> File | None:
        """The file with a short identifier in a directory."""
        for file in self.files.values():
            above = file.path.rpartition("/")[0]
            if above == directory and file.short == f"{short:02X}":
                return file
        return None


def file_system() -> FileSystem:
    """A fresh card's files."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    rules = {
        path: [(read, update) for read, update in rows] for path, rows in table["rules"].items()
    }
    system = FileSystem(table["directories"])
    for path, pairs in rules.items():
        records = [_rule_record(pair) for pair in pairs]
        content = _filled(records, max(map(len, records)))
        identifier = path.rpartition("/")[2]
        short = RULES_SHORT[path]
        system.files[path] = File(path, content, identifier, 1, pairs[0], short, has_records=True)
    for path, row in table.items():
        if path not in ("rules", "directories"):
            system.files[path] = _file(path, row, rules)
    return system


def _rule_record(rule: Rule) -> bytes:
    """A record of access rules (9.2.7)."""
    record = b""
    for mode, who in zip(MODES, rule, strict=True):
        record += bytes.fromhex(mode) + CONDITIONS[who]
    return record


def _filled(records: list[bytes], size: int) -> list[bytes]:
    return [record.ljust(size, b"\xff") for record in records]


def _file(path: str, row: dict[str, Any], rules: dict[str, list[Rule]]) -> File:
    """A file from its row of the table."""
    rules_path = _rules_of(path)
    number = row["rules"]
    rule = rules[rules_path][number - 1]
    has_records = "record_size" in row
    content = _content(path, row)
    if has_records:
        content = _filled(content, row["record_size"])
    rules_file = rules_path.rpartition("/")[2]
    return File(path, content, rules_file, number, rule, row.get("short", ""), has_records)


def _rules_of(path: str) -> str:
    """The rules file that protects a file: that of its application, else that of the MF."""
    application = path.partition("/")[0]
    if application == "MF":
        return "MF/2F06"
    return f"{application}/6F06"


def _content(path: str, row: dict[str, Any]) -> list[bytes]:
    """What is in a file, record by record."""
    if "hex" in row:
        texts = row["hex"]
        if isinstance(texts, str):
            texts = [texts]
        return [bytes.fromhex(text) for text in texts]
    fact = ROWS.file(tuple(path.split("/")), 1)
    if fact is None or fact.layout is None:
        raise ValueError(f"no layout for {path}")
    records = row.get("records") or [row["rows"]]
    built = [fact.layout.build(record) for record in records]
    return _filled(built, row.get("size", 0))
