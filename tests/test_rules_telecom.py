# SPDX-License-Identifier: MIT
"""Rules about SIM and eSIM: a session on which each fails, one on which it passes, and halves of which it is silent."""

from __future__ import annotations

import tomllib

import pytest
import test_rules_telecom_packets as packets
import test_rules_telecom_secrets as secrets
from dialogue import captured, judged, tlv

from cardlib import Capture
from cardlib.crypto import blocks
from cardlib.rules.telecom import RULES
from conftest import ROOT

SETS = tomllib.loads((ROOT / "tests/vectors/telecom_auth.toml").read_text("utf-8"))["milenage"]
USIM = ("00A4040007A0000000871002", "9000")
ISD_R = ("00A4040010A0000005591010FFFFFFFF8900000100", "9000")
ARA_M = ("00A4040009A00000015141434C00", "9000")
PIN, ADM = "31323334FFFFFFFF", "3132333435363738"
SECURED = "10" + "5A" * 16
CHOSEN = "5A" * 14  # how challenges begin that nobody drew
SECOND_CHOSEN = CHOSEN + "0001"
CALL_KEYS = "A5" * 32  # CK and IK in EF.Keys
KEYS_OF_SETS = [row["kc"] for row in SETS]


def usim(*halves: str) -> Capture:
    return captured([*USIM, *halves])


def verify(
    reference: str = "01", code: str = PIN, sw: str = "9000", ins: str = "20"
) -> tuple[str, str]:
    return tlv(f"00{ins}00{reference}", code), sw


def selected(file: str, *objects: str) -> tuple[str, str]:
    """SELECT of an EF by its identifier, and an FCP with more objects."""
    fcp = "82024121" + tlv("83", file) + "".join(objects)
    return f"00A4000402{file}", tlv("62", fcp) + "9000"


def status(bits: str, *references: str) -> tuple[str, str]:
    """STATUS with the states of PINs."""
    states = tlv("90", bits)
    for reference in references:
        states += tlv("83", reference)
    fcp = "82027821" + tlv("C6", states)
    return "80F2000000", tlv("62", fcp) + "9000"


def rules_of_file(file: str, record: str) -> Capture:
    """A file whose rules stand in record 4 of EF.ARR of the application."""
    select_arr = ("00A4000C026F06", "9000")
    read_arr = ("00B2040400", record + "9000")
    return usim(*selected(file, "8B036F0604"), *select_arr, *read_arr)


# Access rules (ETSI TS 102 221, 9.2): READ with PIN 1, UPDATE with ADM1; and the same for everybody.
WITH_PIN, WITH_ADM = "800101A406830101950108", "800102A40683010A950108"
READ_BY_ALL, UPDATE_BY_ALL = "8001019000", "8001029000"


def asked(row: dict[str, str], context: str = "81") -> str:
    """AUTHENTICATE with the challenge of a test set."""
    if context == "80":
        return f"008800801110{row['rand']}"
    return f"008800812210{row['rand']}10{row['autn']}"


def proved(row: dict[str, str]) -> tuple[str, str]:
    return asked(row), f"DB08{row['res']}10{row['ck']}10{row['ik']}9000"


def out_of_step(row: dict[str, str]) -> tuple[str, str]:
    return asked(row), f"DC0E{row['auts']}9000"


def old(row: dict[str, str], kc: str = "") -> tuple[str, str]:
    return asked(row, "80"), f"04{row['sres']}08{kc or row['kc']}9000"


def failing(row: dict[str, str]) -> tuple[str, str]:
    return asked(row), "9862"


def gsm(rand: str, kc: str = "0011223344556677") -> tuple[str, str]:
    """RUN GSM ALGORITHM of a SIM."""
    return f"A088000010{rand}", f"A1B2C3D4{kc}9000"


def chosen(count: int) -> Capture:
    """Challenges that count up in two bytes."""
    halves: list[str] = []
    for number in range(count):
        halves += gsm(f"{CHOSEN}{number:04X}")
    return captured(halves)


def drawn(count: int, *keys: str) -> Capture:
    """Challenges of test sets to a SIM, each with a key."""
    halves: list[str] = []
    for row, key in zip(SETS[:count], keys or KEYS_OF_SETS, strict=False):
        halves += gsm(row["rand"], key)
    return captured(halves)


ONE, TWO, THREE = SETS[:3]
FLIPPED = ONE | {"res": "A54211D5E3BA50BE"}
# Set 1 with the last bit of K turned
NEIGHBOUR = ONE | {
    "autn": "D81AA9877FE7B9B9C3AB8CEEFBA1A24B",
    "res": "BDB83C83FAB553B0",
    "ck": "524853DF7280B76153446CF6D1D8A96A",
    "ik": "3811CA290784EAF0685B611E9F834DB6",
}
OTHER_TOKEN = ONE | {"autn": TWO["autn"]}
FOREIGN = {
    "rand": "5A" * 16,
    "autn": "A5" * 16,
    "res": "11" * 8,
    "ck": "22" * 16,
    "ik": "33" * 16,
}
SHORT = ["0011223344556400", "1011223344556800", "2011223344556C00"]
NOT_SHORT = [*SHORT[:2], "2011223344556C01"]


def esim(data: str, answer: str) -> Capture:
    store_data = tlv("80E29100", data) + "00"
    return captured([*ISD_R, store_data, answer + "9000"])


def issuers(identifier: str) -> Capture:
    return esim("BF2000", f"BF201D8203020300A9160414{identifier}")


def profile(state: str, kind: str) -> Capture:
    body = f"9F7001{state}9501{kind}"
    return esim("BF2D00", f"BF2D0BA009E307{body}")


def access(target: str, commands: str) -> Capture:
    """One rule of the master, for one application: C1 with or without a hash, D0 with what is allowed."""
    rule = tlv("E2", tlv("E1", target) + tlv("E3", commands))
    return captured([*ARA_M, "80CAFF4000", tlv("FF40", rule) + "9000"])


TEST_ISSUER = "F54172BDF98A95D65CBEB88A38A1C11D800A85C3"
FLIPPED_ISSUER = "F54172BDF98A95D65CBEB88A38A1C11D800A85C2"
APPLICATION = "4F0AA0000000871002010000"
HASH = f"C114{'A5' * 20}"
SUCI = (*selected("4F07"), "00B0000000")


def concealing(schemes: str) -> Capture:
    select_directory = ("00A4000C025FC0", "9000")
    content = tlv("A0", schemes)
    return usim(*select_directory, *SUCI, content + "9000")


def keys_of_calls(content: str) -> Capture:
    return usim(*selected("6F08"), "00B0000021", f"{content}9000")


CASES = {
    "S01": (
        usim(*old(ONE)),
        usim(*proved(ONE)),
        asked(ONE, "80"),
    ),
    "S02": (
        drawn(3, *SHORT),
        drawn(3, *NOT_SHORT),
        SHORT[0],
    ),
    "S03": (
        chosen(101),
        drawn(6),
        SECOND_CHOSEN,
    ),
    "S04": (
        usim(*proved(ONE), *failing(ONE)),
        usim(*proved(ONE), *proved(TWO)),
        ONE["rand"],
    ),
    "S05": (
        concealing("0000"),
        concealing("01010000"),
        "00",
    ),
    "S06": (
        keys_of_calls("03" + CALL_KEYS),
        keys_of_calls("07" + "FF" * 32),
        CALL_KEYS,
    ),
    "S07": (
        usim(*status("40", "01", "0A")),
        usim(*status("C0", "01", "0A")),
        "C60990014083010183010A",
    ),
    "S14": (
        issuers(TEST_ISSUER),
        issuers(FLIPPED_ISSUER),
        tlv("04", TEST_ISSUER),
    ),
    "S15": (
        profile("01", "00"),
        profile("01", "02"),
        "9F700101950100",
    ),
    "S16": (
        access(f"{APPLICATION}C100", "D00101"),
        access(APPLICATION + HASH, "D00101"),
        f"E215E10E{APPLICATION}C100E303D00101",
    ),
    "S19": (
        usim(*old(ONE), *old(ONE)),
        usim(*old(ONE), *old(TWO)),
        ONE["rand"],
    ),
    "S20": (
        usim(*out_of_step(ONE), *out_of_step(TWO), *failing(THREE)),
        usim(*out_of_step(ONE), *out_of_step(TWO), *proved(THREE), *failing(ONE)),
        "9862",
    ),
    "S21": (
        usim(*failing(ONE)),
        usim(*out_of_step(ONE)),
        "9862",
    ),
    "S22": (
        usim(*proved(ONE)),
        usim(*proved(FOREIGN)),
        proved(ONE)[1],
    ),
    "S23": (
        usim(*verify()),
        usim("0C200001" + SECURED, "9000"),
        PIN,
    ),
    "S24": (
        usim(*verify("0A", ADM)),
        usim("0C20000A" + SECURED, "9000"),
        ADM,
    ),
    "S25": (
        usim(*verify(code=PIN + PIN, ins="24")),
        usim("0C240001" + SECURED, "9000"),
        PIN + PIN,
    ),
    "S26": (
        usim(*verify(sw="63C2"), *verify(sw="63C1")),
        usim(*verify(sw="63C2"), *verify()),
        "63C1",
    ),
    "S27": (
        rules_of_file("6F38", WITH_PIN + UPDATE_BY_ALL),
        rules_of_file("6F38", WITH_ADM + READ_BY_ALL),
        "8B036F0604",
    ),
    "S28": (
        rules_of_file("6F07", WITH_ADM + READ_BY_ALL),
        rules_of_file("6F07", WITH_ADM + WITH_PIN),
        "8B036F0604",
    ),
    "S32": (
        esim("BF3100", "BF3103800102"),
        esim("BF3100", "BF3103800100"),
        "BF31038001029000",
    ),
}
NEAR = {
    "S02": ("one key of three ends in a one", (drawn(3, *NOT_SHORT),)),
    "S03": ("six challenges that were drawn", (drawn(6),)),
    "S04": (
        "the same number with another token",
        (usim(*proved(ONE), *failing(OTHER_TOKEN)),),
    ),
    "S14": ("an issuer one bit away", (issuers(FLIPPED_ISSUER),)),
    "S15": ("the enabled profile is operational", (profile("01", "02"),)),
    "S16": ("for every program, and nothing is allowed", (access(f"{APPLICATION}C100", "D00100"),)),
    "S22": ("a key one bit away", (usim(*proved(NEIGHBOUR)),)),
    "S24": ("a code that was refused", (usim(*verify("0A", ADM, "63C2")),)),
} | packets.NEAR


def test_numbers_are_each_used_once() -> None:
    identifiers = [rule.id for rule in RULES]
    assert len(set(identifiers)) == len(identifiers)
    assert set(identifiers) == set(CASES) | set(packets.CASES) | set(secrets.CASES)


SILENT = [
    ("S01", captured([*gsm(ONE["rand"])])),  # a card of 2G can do no better
    ("S02", usim(*proved(ONE), *proved(TWO), *proved(THREE))),  # keys of 3G are made otherwise
    ("S05", concealing("00")),  # cut off
    ("S06", usim(*selected("6F07"), "00B0000009", "080910100000000010" + "9000")),
    ("S07", usim(*status("40", "0A"))),  # nothing of the user's PINs
    ("S07", usim(*verify(ins="26", sw="63C2"))),  # switching it off was refused
    ("S14", esim("BF2000", "BF2005820302")),
    ("S15", profile("00", "00")),  # a test profile that is not enabled
    ("S16", captured([*ARA_M, "80CAFF4000", "6A88"])),
    ("S20", usim(asked(ONE), "6982")),
    ("S21", usim(*old(ONE))),
    ("S22", usim(*failing(ONE))),
    ("S23", usim("00200001", "63C3")),  # asks how many tries are left
    ("S23", usim(*verify("0A", ADM))),
    ("S24", usim(*verify())),
    ("S25", usim("002C0001", "63CA")),
    ("S26", usim("00200001", "63C1")),
    ("S26", usim(*verify(sw="6700"))),  # the card did not look at the code
    ("S27", usim(*selected("6F38", "8B036F0604"))),  # its rules were not read
    ("S27", rules_of_file("6F38", "8001")),  # rules that are cut off
    ("S28", rules_of_file("6F38", READ_BY_ALL)),  # nothing personal
    ("S32", esim("BF3E00", "BF3E125A1089882119900000000000000000000005")),
    ("S32", captured([*ISD_R, "80E2910003BF3100", "6A80"])),
]


@pytest.mark.parametrize(("rule", "half"), SILENT)
def test_what_says_nothing(rule: str, half: Capture) -> None:
    assert [finding.verdict for finding in judged(rule, half)] == ["not-applicable"]


@pytest.mark.parametrize(
    ("rule", "capture"),
    [
        ("S02", drawn(2, *SHORT[:2])),
        ("S03", chosen(50)),
        ("S04", usim(*proved(ONE))),
        ("S19", usim(*old(ONE))),
    ],
)
def test_too_little_to_judge(rule: str, capture: Capture) -> None:
    assert [finding.verdict for finding in judged(rule, capture)] == ["not-enough-data"]


def test_a_code_that_is_taken_while_a_command_waits() -> None:
    """91XX is success: a proactive command waits (TS 102 221, 10.2)."""
    assert judged("S24", usim(*verify("0A", ADM, "9110")))[0].verdict == "fail"
    assert judged("S07", usim(*verify(ins="26", sw="9110")))[0].verdict == "fail"
    wrong = verify(sw="63C2")
    guesses = judged("S26", usim(*wrong, *verify(sw="9110"), *wrong))
    assert {finding.verdict for finding in guesses} == {"pass"}


def test_without_the_package_for_aes_no_key_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(blocks, "import_module", absent)
    blocks.imported.cache_clear()
    (finding,) = judged("S22", usim(*proved(FOREIGN)))
    monkeypatch.undo()
    blocks.imported.cache_clear()
    assert finding.verdict == "not-enough-data" and "needs the package" in finding.detail


def test_a_whole_challenge_that_is_repeated_is_said_once() -> None:
    capture = usim(*proved(ONE), *failing(ONE))
    assert [finding.verdict for finding in judged("S19", capture)] == ["not-applicable"]


def test_an_answer_that_is_changed_does_not_clear_the_key() -> None:
    """MAC-A in the token is that of the published key: the answer alone shows no other one."""
    (finding,) = judged("S22", usim(*proved(FLIPPED)))
    assert (
        finding.verdict == "not-enough-data" and "RES is not what the key makes" in finding.detail
    )


@pytest.mark.parametrize("row", SETS)
def test_every_published_set_is_known(row: dict[str, str]) -> None:
    for halves in (proved(row), old(row)):
        (finding,) = judged("S22", usim(*halves))
        assert finding.verdict == "fail" and "of 3GPP TS 35.207" in finding.detail


def test_a_sim_of_the_second_generation() -> None:
    """SELECT of 3GPP TS 51.011, 9.2.1: READ with CHV1, UPDATE always; CHV1 disabled."""
    file = ("A0A40000026F3A", "000000F06F3A040010F0220102011E9000")
    directory = ("A0A40000027F20", "0000FFFF7F200200000000000A8201130400838A838A009000")
    capture = captured([*directory, *file, "A0200001083132333435363738", "9804"])
    assert judged("S27", capture)[0].verdict == "fail"
    assert judged("S28", capture)[0].verdict == "pass"
    assert judged("S07", capture)[0].verdict == "fail"
    assert judged("S23", capture)[0].verdict == "fail"
    assert judged("S26", capture)[0].verdict == "pass"


def test_rules_that_are_written_out_in_the_answer() -> None:
    capture = usim(*selected("6F38", f"AB0B{WITH_PIN}"), *selected("6F07", f"AB05{UPDATE_BY_ALL}"))
    assert [finding.verdict for finding in judged("S27", capture)] == ["fail"]
    assert [finding.verdict for finding in judged("S28", capture)] == ["not-applicable"]


def test_a_pin_that_is_switched_off_by_command() -> None:
    (finding,) = judged("S07", usim(*verify(ins="26")))
    assert (finding.verdict, finding.detail) == ("fail", "DISABLE PIN was carried out")


def test_the_universal_pin_may_stand_for_the_others() -> None:
    (finding,) = judged("S07", usim(*status("40", "01", "11")))
    assert finding.verdict == "pass"
