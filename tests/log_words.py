# SPDX-License-Identifier: MIT
"""What stands in front of the bytes in made-up logs: speakers, marks, loggers' prefixes, stamps."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

# Who speaks, by language: the word in front of a command, the word in front of an answer.
WORDS: dict[str, list[tuple[str, str]]] = {
    "english": [
        ("send", "recv"), ("Sending", "Received"), ("Sent", "Received"), ("TX", "RX"), ("Tx", "Rx"),
        ("Command", "Response"), ("command", "response"), ("Request", "Response"), ("C-APDU", "R-APDU"),
        ("CAPDU", "RAPDU"), ("Reader", "Card"), ("Terminal", "Card"), ("PCD", "PICC"), ("IFD", "ICC"),
        ("Host", "Card"), ("OUT", "IN"), ("out", "in"), ("write", "read"), ("cmd", "rsp"), ("CMD", "RES"),
        ("req", "resp"), ("Query", "Answer"), ("APDU", "SW"), ("Input", "Output"), ("apdu", "result"),
        ("Sending APDU", "Response APDU"), ("transmit", "returned"), ("To card", "From card"),
        ("C", "R"), ("T", "C"), ("Q", "A"), ("capdu", "rapdu"), ("reader->card", "card->reader"),
        ("POS", "ICC"), ("phone", "tag"), ("NFC out", "NFC in"), ("SEND", "REPLY"), ("ask", "got"),
        ("Received APDU", "Sending response"), ("processCommandApdu", "return"),
    ],
    "german": [("Gesendet", "Empfangen"), ("Befehl", "Antwort"), ("Leser", "Karte"), ("Anfrage", "Antwort")],
    "french": [("Envoi", "Réception"), ("Commande", "Réponse"), ("Lecteur", "Carte"), ("envoyé", "reçu")],
    "spanish": [("Enviado", "Recibido"), ("Comando", "Respuesta"), ("Lector", "Tarjeta")],
    "italian": [("Inviato", "Ricevuto"), ("Comando", "Risposta"), ("Lettore", "Carta")],
    "portuguese": [("Enviado", "Recebido"), ("Leitor", "Cartão"), ("Comando", "Resposta")],
    "dutch": [("Verzonden", "Ontvangen"), ("Lezer", "Kaart")],
    "swedish": [("Skickar", "Tog emot"), ("Kommando", "Svar")],
    "russian": [("Отправлено", "Получено"), ("Команда", "Ответ"), ("Терминал", "Карта")],
    "ukrainian": [("Надіслано", "Отримано"), ("Запит", "Відповідь")],
    "polish": [("Wysłano", "Odebrano"), ("Polecenie", "Odpowiedź"), ("Czytnik", "Karta")],
    "czech": [("Odesláno", "Přijato"), ("Příkaz", "Odpověď")],
    "turkish": [("Gönderilen", "Alınan"), ("Komut", "Yanıt")],
    "greek": [("Εντολή", "Απάντηση")],
    "hungarian": [("Küldés", "Fogadás"), ("Parancs", "Válasz")],
    "chinese": [
        ("发送", "接收"), ("终端", "卡片"), ("发送指令", "返回数据"), ("读卡器", "卡片"), ("命令", "响应"),
        ("请求", "应答"), ("發送", "接收"), ("指令", "回覆"), ("发→", "收←"), ("送出", "收到"),
    ],
    "japanese": [("送信", "受信"), ("コマンド", "レスポンス"), ("リーダー", "カード"), ("要求", "応答")],
    "korean": [("송신", "수신"), ("명령", "응답"), ("단말기", "카드")],
    "arabic": [("إرسال", "استقبال"), ("أمر", "رد")],
    "hebrew": [("שליחה", "קבלה")],
    "persian": [("فرمان", "پاسخ")],
    "hindi": [("भेजा", "प्राप्त")],
    "thai": [("ส่ง", "รับ"), ("คำสั่ง", "คำตอบ")],
    "vietnamese": [("Gửi", "Nhận"), ("Lệnh", "Phản hồi")],
    "indonesian": [("Kirim", "Terima")],
}  # fmt: skip
REVERSIBLE = {
    ("OUT", "IN"),
    ("out", "in"),
    ("Input", "Output"),
    ("NFC out", "NFC in"),
    ("TX", "RX"),
    ("Tx", "Rx"),
}
ARROWS = [
    (">", "<"), (">>", "<<"), (">>>", "<<<"), ("->", "<-"), ("-->", "<--"), ("=>", "<="), ("==>", "<=="),
    ("→", "←"), ("»", "«"), ("▶", "◀"), ("⇒", "⇐"), ("⟶", "⟵"), (">>>>", "<<<<"), ("~>", "<~"), ("►", "◄"),
    ("C>", "R<"), ("|->", "|<-"), ("[>]", "[<]"), ("+>", "+<"), ("A>>", "A<<"), ("↑", "↓"), ("➡️", "⬅️"),
]  # fmt: skip
SYLLABLES = [
    "zor",
    "qua",
    "mip",
    "tul",
    "ves",
    "kry",
    "nop",
    "lum",
    "wix",
    "gor",
    "sny",
    "pli",
    "hob",
    "jux",
    "rom",
]
WORD_FORMS = [
    "{}: ", "{}: ", "{}: ", "{} : ", "{}:", "[{}] ", "[{}]: ", "{} = ", "{}=", "{}> ", "({}) ", "{} ", "{}\t",
    "{} - ", "** {} ** ", "<{}> ", "{} >> ", "{} -> ", "* {}: ", "- {}: ", "### {}: ", "{} data: ", "{} hex: ",
]  # fmt: skip
WIDE_FORMS = ["{}：", "【{}】", "{}: ", "[{}] ", "{} ", "「{}」"]
ARROW_FORMS = ["{} ", "{} ", "{} ", "{}", "{}  ", "{}\t", "{}: ", "  {} ", "[{}] "]


def invented(rng: random.Random) -> tuple[str, str]:
    """Two words that nobody uses, with different beginnings."""
    first, second = rng.sample(SYLLABLES, 2)
    tails = ["", "b", "p", "x", "rik", "mo", "ling"]
    words = first + rng.choice(tails), second + rng.choice(tails)
    change = rng.choice([str.title, str.upper, str.lower])
    return change(words[0]), change(words[1])


def marks(rng: random.Random, features: set[str]) -> tuple[str, str]:
    """What stands in front of a command and of an answer."""
    kind = rng.choices(["words", "arrows", "invented", "reversed"], [50, 28, 14, 8])[0]
    if kind == "invented":
        features.add("words: invented")
        form = rng.choice(WORD_FORMS)
        return tuple(form.format(word) for word in invented(rng))  # type: ignore[return-value]
    if kind == "words":
        language = rng.choice(["english", "english", "english", "chinese", *WORDS])
        features.add(f"words: {language}")
        words = rng.choice(WORDS[language])
        forms = WIDE_FORMS if language in ("chinese", "japanese") else WORD_FORMS
        form = rng.choice(forms)
        return form.format(words[0]), form.format(words[1])
    pair = rng.choice(ARROWS)
    form = rng.choice(ARROW_FORMS)
    features.add("marks: arrows")
    if kind == "reversed":
        features.add("marks: mean the opposite")
        pair = rng.choice([pair, rng.choice(sorted(REVERSIBLE))])[::-1]
        form = rng.choice([*ARROW_FORMS[1:3], "{}: "])
    return form.format(pair[0]), form.format(pair[1])


@dataclass
class Clock:
    """The time in a log, and what its lines share: process, thread, names."""

    rng: random.Random
    now: datetime = field(init=False)
    start: datetime = field(init=False)
    last: datetime = field(init=False)
    lines: int = 0

    def __post_init__(self) -> None:
        seconds = self.rng.randrange(200_000_000)
        self.start = datetime(2019, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        self.now = self.last = self.start
        self.uptime = timedelta(
            milliseconds=self.rng.choice([0, 0, self.rng.randrange(90_000_000)])
        )
        self.pid = self.rng.randrange(300, 32000)
        self.tid = self.pid + self.rng.randrange(40)
        self.tag = self.rng.choice(
            ["EmvReader", "NfcTag", "IsoDep", "SIM", "apdu", "CardIO", "Reader"]
        )
        self.name = self.rng.choice(
            ["cards.wire", "apdu", "app.nfc", "reader", "myproject.card.io"]
        )
        self.java = self.rng.choice(
            ["com.example.Terminal", "c.e.card.Channel", "org.example.sc.Wire"]
        )
        self.level = self.rng.choice(["DEBUG", "INFO", "TRACE", "DEBUG"])
        self.host = self.rng.choice(["raspberrypi", "host", "laptop", "nuc"])
        self.offset = self.rng.choice(["+01:00", "+08:00", "Z", "+0200"])

    def tick(self, milliseconds: float) -> None:
        self.now += timedelta(milliseconds=milliseconds)

    def text(self, form: str) -> str:
        return self.now.strftime(form)

    def fraction(self, digits: int) -> str:
        return f"{self.now.microsecond:06d}"[:digits]

    def elapsed(self) -> float:
        """Seconds since the program began."""
        return (self.now - self.start + self.uptime).total_seconds()

    def since(self) -> float:
        """Seconds since the last time this was asked."""
        seconds = (self.now - self.last).total_seconds()
        self.last = self.now
        return seconds


Prefix = Callable[[Clock], str]


def _time(clock: Clock, mark: str = ".", digits: int = 3) -> str:
    return f"{clock.text('%H:%M:%S')}{mark}{clock.fraction(digits)}"


def _date(clock: Clock, mark: str = ".", digits: int = 3) -> str:
    return f"{clock.text('%Y-%m-%d')} {_time(clock, mark, digits)}"


def _twelve(clock: Clock) -> str:
    return clock.text("%m/%d/%Y %I:%M:%S %p")


LOGGERS: dict[str, Prefix] = {
    "python basic": lambda c: f"{c.level}:{c.name}:",
    "python dashes": lambda c: f"{_date(c, ',')} - {c.name} - {c.level} - ",
    "python blanks": lambda c: f"{_date(c, ',')} {c.level} {c.name}: ",
    "python brackets": lambda c: f"[{_date(c, ',')}] {c.level} [{c.name}.transmit:118] ",
    "loguru": lambda c: f"{_date(c)} | {c.level:<8} | {c.name}:send:42 - ",
    "rich": lambda c: f"[{c.text('%H:%M:%S')}] {c.level:<8} ",
    "logcat brief": lambda c: f"D/{c.tag}({c.pid:5}): ",
    "logcat short": lambda c: f"D/{c.tag}: ",
    "logcat time": lambda c: f"{c.text('%m-%d')} {_time(c)} D/{c.tag}({c.pid:5}): ",
    "logcat threadtime": lambda c: f"{c.text('%m-%d')} {_time(c)} {c.pid:5} {c.tid:5} D {c.tag}: ",
    "android studio": lambda c: f"{_date(c)} {c.pid}-{c.tid}/com.example.pos D/{c.tag}: ",
    "android studio new": lambda c: (
        f"{_date(c)}  {c.pid}-{c.tid}  {c.tag:<22}  com.example.pos   D  "
    ),
    "esp-idf": lambda c: f"D ({int(c.elapsed() * 1000)}) {c.tag.lower()}: ",
    "esp-idf time": lambda c: f"I ({_time(c)}) {c.tag.lower()}: ",
    "log4j": lambda c: f"{_date(c, ',')} [main] {c.level} {c.java} - ",
    "log4j level first": lambda c: f"{c.level:<5} {_date(c, ',')} {c.java}: ",
    "logback": lambda c: f"{_time(c)} [main] {c.level} {c.java} -- ",
    "slf4j simple": lambda c: f"[main] {c.level} {c.java} - ",
    "java util logging": lambda c: f"{c.text('%b %d, %Y %I:%M:%S %p')} {c.java} send\nFINE: ",
    "journald": lambda c: f"{c.text('%b %d %H:%M:%S')} {c.host} cardd[{c.pid}]: ",
    "syslog iso": lambda c: f"{c.text('%Y-%m-%dT%H:%M:%S')}{c.offset} {c.host} cardd[{c.pid}]: ",
    "powershell verbose": lambda c: "VERBOSE: ",
    "powershell debug": lambda c: f"DEBUG: {c.text('%Y-%m-%dT%H:%M:%S')} ",
    ".net console": lambda c: f"dbug: Example.{c.tag}[0]\n      ",
    ".net console stamped": lambda c: f"{_time(c)} dbug: Example.{c.tag}[0] ",
    "serilog": lambda c: f"[{c.text('%H:%M:%S')} DBG] ",
    "nlog": lambda c: f"{_date(c, '.', 4)}|DEBUG|Example.{c.tag}|",
    "go": lambda c: f"{c.text('%Y/%m/%d %H:%M:%S')} ",
    "go with file": lambda c: f"{c.text('%Y/%m/%d')} {_time(c, '.', 6)} main.go:42: ",
    "zap": lambda c: f"{c.text('%Y-%m-%dT')}{_time(c)}Z\tDEBUG\tcard/io.go:33\t",
    "logfmt": lambda c: f"time={c.text('%Y-%m-%dT%H:%M:%S')}Z level=debug msg=",
    "rust env_logger": lambda c: f"[{c.text('%Y-%m-%dT%H:%M:%S')}Z DEBUG card::io] ",
    "rust tracing": lambda c: f"{c.text('%Y-%m-%dT')}{_time(c, '.', 6)}Z DEBUG card::io: ",
    "rust short": lambda c: "[TRACE card::io] ",
    "spdlog": lambda c: f"[{_date(c)}] [card] [debug] ",
    "swift": lambda c: f"{_date(c, '.', 4)} - TagReader - ",
    "nslog": lambda c: f"{_date(c, '.', 6)}+0200 NFCDemo[{c.pid}:{c.pid * 7}] ",
    "winston": lambda c: f"{c.text('%Y-%m-%dT')}{_time(c)}Z [debug]: ",
    "flipper": lambda c: f"{int(c.elapsed() * 1000)} [D][{c.tag}] ",
}
STAMPS: dict[str, Prefix] = {
    "time of day": lambda c: f"{c.text('%H:%M:%S')} ",
    "time, dot": lambda c: f"{_time(c)} ",
    "time, comma": lambda c: f"{_time(c, ',')} ",
    "time, colon": lambda c: f"{_time(c, ':')} ",
    "time, micro": lambda c: f"{_time(c, '.', 6)}: ",
    "time in brackets": lambda c: f"[{_time(c)}] ",
    "time, then a comma": lambda c: f"{c.text('%H:%M:%S')},",
    "date and time": lambda c: f"{_date(c)} ",
    "date, comma": lambda c: f"{_date(c, ',')} ",
    "iso 8601": lambda c: f"{c.text('%Y-%m-%dT')}{_time(c)}{c.offset} ",
    "american": lambda c: f"{_twelve(c)} ",
    "german date": lambda c: f"{c.text('%d.%m.%Y %H:%M:%S')} ",
    "epoch": lambda c: f"{int(c.now.timestamp())} ",
    "epoch, then a comma": lambda c: f"{int(c.now.timestamp())},",
    "epoch fraction": lambda c: f"{c.now.timestamp():.3f} ",
    "epoch ms": lambda c: f"[{int(c.now.timestamp() * 1000)}] ",
    "seconds": lambda c: f"{c.elapsed():.6f} ",
    "seconds, comma": lambda c: f"{c.elapsed():.3f} ".replace(".", ","),
    "dmesg": lambda c: f"[{c.elapsed():12.6f}] ",
    "ticks": lambda c: f"{int(c.elapsed() * 1000) + 12_000_000} ",
    "ticks in brackets": lambda c: f"({int(c.elapsed() * 1000) + 4000}) ",
    "delta ms": lambda c: f"+{c.since() * 1000:.0f}ms ",
    "delta seconds": lambda c: f"(+{c.since():.6f}) ",
    "offset": lambda c: f"+{c.elapsed():.6f}s | ",
}


def counter(rng: random.Random) -> Callable[[int], str]:
    """A number in front of the lines, with punctuation."""
    form = rng.choice(
        ["{}) ", "#{} ", "[{:03d}] ", "{}. ", "{:4d} | ", "({}) ", "{:02d}: ", "No.{} "]
    )
    return form.format


def prefix(rng: random.Random, features: set[str]) -> Prefix:
    """What a logger or a clock puts in front of each line; often nothing."""
    kind = rng.choices(["none", "logger", "stamp", "counter"], [42, 33, 20, 5])[0]
    if kind == "none":
        features.add("prefix: none")
        return lambda clock: ""
    if kind == "counter":
        features.add("prefix: counter")
        number = counter(rng)

        def count(clock: Clock) -> str:
            clock.lines += 1
            return number(clock.lines)

        return count
    table = LOGGERS if kind == "logger" else STAMPS
    name = rng.choice(list(table))
    features.add(f"{'prefix' if kind == 'logger' else 'stamp'}: {name}")
    return table[name]
