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
    delta: float = 0.0
    lines: int = 0

    def __post_init__(self) -> None:
        seconds = self.rng.randrange(200_000_000)
        self.start = datetime(2019, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        self.now = self.last = self.start
        self.uptime = timedelta(
            milliseconds=self.rng.choice([0, 0, self.rng.randrange(90_000_000)])
        )
        self.pid = self.rng.randrange(300, 32000)
        self.thread = 7 * self.pid
        self.tid = self.pid + self.rng.randrange(40)
        self.tag = self.rng.choice(
            ["EmvReader", "NfcTag", "IsoDep", "SIM", "apdu", "CardIO", "Reader"]
        )
        self.small_tag = self.tag.lower()
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

    def stamp(self, form: str) -> str:
        """What stands in front of a line by its form; `delta` counts from the last one."""
        self.delta = (self.now - self.last).total_seconds()
        self.last = self.now
        return form.format(c=self)

    @property
    def date(self) -> str:
        return f"{self.now:%Y-%m-%d}"

    @property
    def time(self) -> str:
        return f"{self.now:%H:%M:%S}"

    @property
    def ms(self) -> str:
        return f"{self.now:%f}"[:3]

    @property
    def ms_and_tenth(self) -> str:
        return f"{self.now:%f}"[:4]

    @property
    def epoch(self) -> float:
        return self.now.timestamp()

    @property
    def epoch_s(self) -> int:
        return int(self.epoch)

    @property
    def epoch_ms(self) -> int:
        return int(self.epoch * 1000)

    @property
    def elapsed(self) -> float:
        """Seconds since the program began."""
        return (self.now - self.start + self.uptime).total_seconds()

    @property
    def elapsed_with_comma(self) -> str:
        return f"{self.elapsed:.3f}".replace(".", ",")

    @property
    def elapsed_ms(self) -> int:
        return int(self.elapsed * 1000)

    @property
    def ticks(self) -> int:
        return self.elapsed_ms + 12_000_000

    @property
    def few_ticks(self) -> int:
        return self.elapsed_ms + 4000

    @property
    def delta_ms(self) -> float:
        return self.delta * 1000


Prefix = Callable[[Clock], str]


# What stands in front of a line: `c` is the clock.
LOGGERS: dict[str, str] = {
    "python basic": "{c.level}:{c.name}:",
    "python dashes": "{c.date} {c.time},{c.ms} - {c.name} - {c.level} - ",
    "python blanks": "{c.date} {c.time},{c.ms} {c.level} {c.name}: ",
    "python brackets": "[{c.date} {c.time},{c.ms}] {c.level} [{c.name}.transmit:118] ",
    "loguru": "{c.date} {c.time}.{c.ms} | {c.level:<8} | {c.name}:send:42 - ",
    "rich": "[{c.time}] {c.level:<8} ",
    "logcat brief": "D/{c.tag}({c.pid:5}): ",
    "logcat short": "D/{c.tag}: ",
    "logcat time": "{c.now:%m-%d} {c.time}.{c.ms} D/{c.tag}({c.pid:5}): ",
    "logcat threadtime": "{c.now:%m-%d} {c.time}.{c.ms} {c.pid:5} {c.tid:5} D {c.tag}: ",
    "android studio": "{c.date} {c.time}.{c.ms} {c.pid}-{c.tid}/com.example.pos D/{c.tag}: ",
    "android studio new": "{c.date} {c.time}.{c.ms}  {c.pid}-{c.tid}  {c.tag:<22}  com.example.pos   D  ",
    "esp-idf": "D ({c.elapsed_ms}) {c.small_tag}: ",
    "esp-idf time": "I ({c.time}.{c.ms}) {c.small_tag}: ",
    "log4j": "{c.date} {c.time},{c.ms} [main] {c.level} {c.java} - ",
    "log4j level first": "{c.level:<5} {c.date} {c.time},{c.ms} {c.java}: ",
    "logback": "{c.time}.{c.ms} [main] {c.level} {c.java} -- ",
    "slf4j simple": "[main] {c.level} {c.java} - ",
    "java util logging": "{c.now:%b %d, %Y %I:%M:%S %p} {c.java} send\nFINE: ",
    "journald": "{c.now:%b %d %H:%M:%S} {c.host} cardd[{c.pid}]: ",
    "syslog iso": "{c.date}T{c.time}{c.offset} {c.host} cardd[{c.pid}]: ",
    "powershell verbose": "VERBOSE: ",
    "powershell debug": "DEBUG: {c.date}T{c.time} ",
    ".net console": "dbug: Example.{c.tag}[0]\n      ",
    ".net console stamped": "{c.time}.{c.ms} dbug: Example.{c.tag}[0] ",
    "serilog": "[{c.time} DBG] ",
    "nlog": "{c.date} {c.time}.{c.ms_and_tenth}|DEBUG|Example.{c.tag}|",
    "go": "{c.now:%Y/%m/%d %H:%M:%S} ",
    "go with file": "{c.now:%Y/%m/%d} {c.time}.{c.now:%f} main.go:42: ",
    "zap": "{c.date}T{c.time}.{c.ms}Z\tDEBUG\tcard/io.go:33\t",
    "logfmt": "time={c.date}T{c.time}Z level=debug msg=",
    "rust env_logger": "[{c.date}T{c.time}Z DEBUG card::io] ",
    "rust tracing": "{c.date}T{c.time}.{c.now:%f}Z DEBUG card::io: ",
    "rust short": "[TRACE card::io] ",
    "spdlog": "[{c.date} {c.time}.{c.ms}] [card] [debug] ",
    "swift": "{c.date} {c.time}.{c.ms_and_tenth} - TagReader - ",
    "nslog": "{c.date} {c.time}.{c.now:%f}+0200 NFCDemo[{c.pid}:{c.thread}] ",
    "winston": "{c.date}T{c.time}.{c.ms}Z [debug]: ",
    "flipper": "{c.elapsed_ms} [D][{c.tag}] ",
}
STAMPS: dict[str, str] = {
    "time of day": "{c.time} ",
    "time, dot": "{c.time}.{c.ms} ",
    "time, comma": "{c.time},{c.ms} ",
    "time, colon": "{c.time}:{c.ms} ",
    "time, micro": "{c.time}.{c.now:%f}: ",
    "time in brackets": "[{c.time}.{c.ms}] ",
    "time, then a comma": "{c.time},",
    "date and time": "{c.date} {c.time}.{c.ms} ",
    "date, comma": "{c.date} {c.time},{c.ms} ",
    "iso 8601": "{c.date}T{c.time}.{c.ms}{c.offset} ",
    "american": "{c.now:%m/%d/%Y %I:%M:%S %p} ",
    "german date": "{c.now:%d.%m.%Y %H:%M:%S} ",
    "epoch": "{c.epoch_s} ",
    "epoch, then a comma": "{c.epoch_s},",
    "epoch fraction": "{c.epoch:.3f} ",
    "epoch ms": "[{c.epoch_ms}] ",
    "seconds": "{c.elapsed:.6f} ",
    "seconds, comma": "{c.elapsed_with_comma} ",
    "dmesg": "[{c.elapsed:12.6f}] ",
    "ticks": "{c.ticks} ",
    "ticks in brackets": "({c.few_ticks}) ",
    "delta ms": "+{c.delta_ms:.0f}ms ",
    "delta seconds": "(+{c.delta:.6f}) ",
    "offset": "+{c.elapsed:.6f}s | ",
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
    title, table = ("prefix", LOGGERS) if kind == "logger" else ("stamp", STAMPS)
    name = rng.choice(list(table))
    features.add(f"{title}: {name}")
    form = table[name]
    return lambda clock: clock.stamp(form)
