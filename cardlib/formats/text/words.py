# SPDX-License-Identifier: MIT
"""Words and arrows in front of bytes that suggest a direction, in some languages: a prior, no judge."""

from __future__ import annotations

import re
from functools import lru_cache

from ...core.patterns import lazy

_READER = r"(?:reader|terminal|host|pcd|ifd|pos|pc|t|终端|读卡器)"
_CARD = r"(?:card|picc|icc|tag|c|chip|卡片?)"
_TO = r"\s?(?:[=-]{1,8}>|→|>|to)\s?"
_TO_CARD = lazy(
    rf"{_READER}{_TO}{_CARD}\b|(?<![a-z])(?:"
    r"send(?:ing)?|sent|transmit(?:ting|ted)?|transceive in|command|cmd|request|req|to card|"
    r"c-?apdu|capdu|tx|write|writing|in|input|out->|bytessending|p?b?sendbuffer|reader|terminal|"
    r"host|pcd|ifd|outgoing|c(?=\s?[:：=])|apdu|"
    r"senden|gesendet|befehl|kommando|comando|commande|envoi|enviar|enviado|invio|"
    r"команда|запрос|komut|polecenie)(?![a-z])|发送|命令|指令|终端|发|请求|送信|コマンド|명령",
    re.I,
)
_FROM_CARD = lazy(
    rf"{_CARD}{_TO}{_READER}\b|(?<![a-z])(?:"
    r"received?|receiving|recv|response|resp|rsp|reply|answer(?:ed)?|returned|result|from card|"
    r"r-?apdu|rapdu|rx|read|reading|out|output|res|ret|bytesreceived|p?b?recvbuffer|unprotected|"
    r"card|picc|icc|tag|incoming|sw|r(?=\s?[:：=])|"
    r"empfangen|antwort|respuesta|réponse|recibido|reçu|risposta|resposta|"
    r"ответ|карта|cevap|odpowiedź)(?![a-z])|接收|返回|响应|应答|卡片|收|受信|レスポンス|응답",
    re.I,
)
_RIGHT = lazy(r"[=-]{1,8}>|>{1,4}|→|&gt;|»|⇒")
_LEFT = lazy(r"<[=-]{1,8}|<{1,4}|←|&lt;|«|⇐")
_NEAR = 60  # characters in front that count


@lru_cache(maxsize=4096)
def direction(text: str) -> str:
    """Who speaks, as the last word or arrow of a text suggests: "C" command, "A" answer, "" nobody."""
    text = text[-_NEAR:]
    word = _last(_TO_CARD, _FROM_CARD, text)
    if word:
        return word
    return _last(_RIGHT, _LEFT, text)


def _last(to_card: re.Pattern[str], from_card: re.Pattern[str], text: str) -> str:
    best = ""
    at = (-1, 0)
    for role, pattern in (("C", to_card), ("A", from_card)):
        for match in pattern.finditer(text):
            end_and_length = (match.end(), len(match[0]))
            if end_and_length > at:
                at = end_and_length
                best = role
    return best
