# SPDX-License-Identifier: MIT
"""The front of a line as tokens: where bytes end it first."""

from __future__ import annotations

import re

import pytest
from regex_growth import verdict

from cardlib.formats.text.prefixes import (
    MAX_WIDTH,
    MAXTOKENS,
    TOKENS,
    Scanner,
    comma_separates,
    following,
)


def sorts(text: str) -> str:
    return "".join(token.sort for token in Scanner(comma_separates=False).tokens(text))


class TestBytes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", ""),
            ("6F10 84 07", "h"),
            ("A4 00", "h"),
            ("de ad", "h"),
            ("00 A4 04", "N h"),  # digits alone may be a number
            ("0a4", "x"),
            ("00A4040 x", "x"),
            ("12:34:56:78", "N:N:N:N"),
            ("deadbeef x", "w w"),
            ("12_3", "x"),
        ],
    )
    def test_bytes_end_the_front(self, text: str, expected: str) -> None:
        assert sorts(text) == expected

    def test_a_front_is_short(self) -> None:
        assert len(sorts("( " * 200)) == MAXTOKENS
        assert sorts(" " * MAX_WIDTH + "12") == " "
        assert len(Scanner(False).tokens("a" * 10**6)) == 1


class TestSorts:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("12:00:00.001 [1234] DEBUG a.c:12: >", "T [N] w s: >"),
            ("Nov 30 12:00:00 host p[1]: x", "T w w[N]: w"),
            ("2026-11-30T12:00:00Z x", "T w"),
            ("0x7ffc00001000 x", "P w"),
            ("0x12 x", "X w"),
            ("1.10.2 192.168.1.20", "V V"),
            ("0.106 s", "F w"),
            ("+0.106s", "+Gw"),
            ("12ms", "Mw"),
            ("550e8400-e29b-41d4-a716-446655440000 >", "U >"),
            ("[card.pcsc:18] x", "S] w"),
            ("reader-pcsc.c:28:x", "s:w"),
            ("发送 12", "w N"),
            ("\t12", " N"),
        ],
    )
    def test_sort_of_each_token(self, text: str, expected: str) -> None:
        assert sorts(text) == expected

    def test_words_are_all_alike(self) -> None:
        scanner = Scanner(comma_separates=False)
        places = [scanner.tokens(f"{word} [7] 12")[-1].place for word in ("DEBUG", "INFO", "x.y")]
        assert set(places) == {"w [N] "}

    def test_tokens_are_the_line(self) -> None:
        text = "12:00:00.001 [1234] DEBUG a.c:12: > go"
        tokens = Scanner(comma_separates=False).tokens(text)
        assert "".join(text[token.start : token.stop] for token in tokens) == text

    def test_a_stamp_holds_what_is_written(self) -> None:
        (token,) = Scanner(comma_separates=False).tokens("12:00:00.001")
        assert token.written is not None
        assert (token.written.moment, token.written.fraction) == ("12:00:00", "001")

    def test_a_time_that_is_none_is_numbers(self) -> None:
        assert sorts("25:00:00.001 x") == "N:N:F w"


class TestComma:
    @pytest.mark.parametrize(
        "text", ["12:00:00,80 A8", "12:00:00,800A8", "1782453414,00 A4", "x 12:00:00,6A"]
    )
    def test_before_bytes(self, text: str) -> None:
        assert comma_separates([text])

    @pytest.mark.parametrize(
        "text",
        ["", "12:00:00,123 x", "12:00:00,123456 A8", "12:00:00, 80", "12:00,80 A8", "1,00 A4"],
    )
    def test_before_a_fraction_or_elsewhere(self, text: str) -> None:
        assert not comma_separates([text])

    def test_one_line_decides(self) -> None:
        texts = ["12:00:00,80 A8", "12:00:00,123 x"]
        assert comma_separates(texts)
        (token, *_) = Scanner(comma_separates=True).tokens("12:00:00,123 x")
        assert token.stop == len("12:00:00")


def follows(text: str, index: int) -> re.Pattern[str]:
    return re.compile(following(text, Scanner(comma_separates=False).tokens(text), index))


class TestFollowing:
    def test_how_a_line_goes_on_behind_a_stamp(self) -> None:
        pattern = follows("12:00:00.001 [1234] x", 0)
        for rest in (" [1", "   [999] y", "\t["):
            assert pattern.match(rest)
        for rest in ("[1", " 1", " ", "", " x"):
            assert not pattern.match(rest)

    def test_bytes_and_numbers_are_hex(self) -> None:
        pattern = follows("12:00:00.001 00A4", 0)
        assert pattern.match(" 6A82")
        assert pattern.match(" fe")
        assert not pattern.match(" x")

    def test_the_end_of_a_line(self) -> None:
        assert follows("12:00:00.001", 0).match("")
        assert not follows("12:00:00.001", 0).match(" ")


@pytest.mark.parametrize(("sort", "pattern"), TOKENS)
def test_patterns_of_tokens_are_linear(sort: str, pattern: re.Pattern[str]) -> None:
    assert verdict(pattern, "match") == "linear", sort
