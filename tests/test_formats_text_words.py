# SPDX-License-Identifier: MIT
"""Words and arrows in front of bytes: what suggests nothing, and what suggests a direction."""

from __future__ import annotations

import pytest

from cardlib.formats.text.words import direction

NOBODY = [
    "",
    " ",
    ": ",
    "Zorb: ",
    "sender of letters",
    "recvd",
    "commander: ",
    "swim ",
    "cards ",
    "c ",
    "1234",
    "- ",
    "[12] ",
    "数据",
    "\0",
]


@pytest.mark.parametrize("text", NOBODY)
def test_what_suggests_nothing(text: str) -> None:
    assert direction(text) == ""


TO_CARD = """
send: |SEND |sending APDU: |transmitting |tx |> |>> |-> |==> |→ |&gt; |» |C-APDU: |CAPDU
cmd=|request |PCD |reader: |C:|Reader -> Card: |host=>card |terminal to card |发送|命令: |指令
终端：|读卡器->卡 |送信|コマンド|명령|команда |запрос |komut |polecenie |Befehl: |Kommando |commande
comando |envoi |pbSendBuffer |in: |apdu |INS > |result of sending
"""
FROM_CARD = """
recv: |RECV |received |response: |resp |rx |< |<< |<- |<== |← |&lt; |« |RAPDU |reply=
answer |PICC |card: |R:|卡->读卡器 |接收|返回 |响应: |应答|卡片：|受信|レスポンス|응답|ответ |карта |cevap
odpowiedź|Antwort: |empfangen |réponse |respuesta |risposta |reçu |pbRecvBuffer |out:
SW: |result |send failed, received
"""


def marks(text: str) -> list[str]:
    return [mark for line in text.strip().split("\n") for mark in line.split("|")]


@pytest.mark.parametrize("text", marks(TO_CARD))
def test_to_the_card(text: str) -> None:
    assert direction(text) == "C"


@pytest.mark.parametrize("text", marks(FROM_CARD))
def test_from_the_card(text: str) -> None:
    assert direction(text) == "A"


@pytest.mark.parametrize("text", ["R-APDU: ", "Card -> Reader: ", "card=>host ", "PICC to PCD "])
def test_a_longer_word_contains_a_shorter_one_of_the_other_direction(text: str) -> None:
    assert direction(text) == "A"


def test_a_word_outweighs_an_arrow() -> None:
    assert direction("recv > ") == "A"
    assert direction("send < ") == "C"


def test_the_last_word_counts() -> None:
    assert direction("command answered: ") == "A"
    assert direction("response to the last one. Command: ") == "C"


def test_only_words_near_the_bytes_count() -> None:
    assert direction("send" + " " * 50) == "C"
    assert direction("send" + " " * 60) == ""
