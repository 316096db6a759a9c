# SPDX-License-Identifier: MIT
"""What sniffers, emulators, modems and telephones log of a SIM: damage first, then forms, then what is used."""

from __future__ import annotations

import struct

import pytest

import cardlib
from cardlib.core.apdu import LEFT_OUT
from cardlib.core.model import Capture, Frame

ISD_R = "A0000005591010FFFFFFFF8900000100"
USIM = "A0000000871002FF49FF0589"


def halves(capture: Capture) -> list[tuple[str, str]]:
    """Commands and answers in hex, empty where there is none."""
    return [
        (
            exchange.command.raw.hex().upper() if exchange.command else "",
            exchange.response.raw.hex().upper() if exchange.response else "",
        )
        for exchange in capture.exchanges
    ]


def faults(capture: Capture) -> list[tuple[str, int, str]]:
    return [(problem.kind, problem.unit, problem.detail) for problem in capture.problems]


def events(capture: Capture) -> list[Frame]:
    return [
        frame for session in capture.sessions for frame in session.frames if frame.kind == "event"
    ]


LINE = "unreadable line"
WRONG = {
    'AT+CRSM=214,28448,0,0,3,"0011"': "P3 is 3, 2 bytes follow",
    "AT+CRSM=176,28448,0,0,300": "p3 is 300, no byte",
    '+CRSM: 400,0,"98"': "status1 is 400, no byte",
    'AT+CGLA=1,12,"00B0000002"': "digits is 12, 10 follow",
    '+CSIM: 4,"900"': "not hex where bytes should stand",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_length_costs_its_line_only(line: str) -> None:
    before = 'AT+CSIM=10,"00B0000002"\n+CSIM: 4,"6A82"\n'
    after = 'AT+CSIM=10,"0084000008"\n+CSIM: 4,"6A81"\n'
    capture = cardlib.read_text(f"{before}{line}\n{after}")
    assert faults(capture) == [(LINE, 3, WRONG[line])]
    assert halves(capture) == [("00B0000002", "6A82"), ("0084000008", "6A81")]


def test_a_length_of_cardem_that_does_not_fit_is_told() -> None:
    log = "DLGLOBAL INFO => DATA: flags=0x01 (HDR ), a0 c0 00 00 04 \n"
    log += " DLINP DEBUG [0] <= osmo_st2_cardem_request_pb_and_tx(pb=c0, tx=00 00 ff , len=4)\n"
    assert faults(cardlib.read_text(log)) == [(LINE, 2, "size is 4, 3 follow")]


def test_a_unit_that_the_sniffer_calls_incomplete_is_none() -> None:
    log = "TPDU: a0 a4 00 00 02 3f 00 9f 1a \nTPDU (incomplete): a0 a4 00 \nATR (incomplete): 3b 9f \n"
    capture = cardlib.read_text(log)
    assert halves(capture) == [("A0A40000023F00", "9F1A")]
    assert [problem.unit for problem in capture.problems] == [2, 3]


def test_a_channel_that_was_refused_is_not_open() -> None:
    log = f'AT+CCHO="{USIM}"\n+CME ERROR: 0\nAT+CGLA=1,10,"00B0000002"\n+CGLA: 4,"6986"\n'
    capture = cardlib.read_text(log)
    assert [exchange.context.aid for exchange in capture.exchanges] == [""]
    assert [frame.data.hex().upper() for frame in events(capture)] == [USIM, ""]


CARDEM = """\
=> DATA: flags=1, a0 a4 00 00 02 :{end}
<= request_pb_and_rx(a4, 2)
=> DATA: flags=2, 7f 20 :{end}
<= request_sw_tx(9f 17)
=> DATA: flags=1, a0 f2 00 00 02 :{end}
<= osmo_st2_cardem_request_pb_and_tx(f2, 00 ff , 2)
<= osmo_st2_cardem_request_sw_tx(90 00)
"""
SNIFF = "APDU: a0 a4 00 00 02 7f 20 9f 17\nAPDU: a0 f2 00 00 02 00 ff 90 00\n"
FORMS = {
    "cardem of 2016": CARDEM.format(end=" "),
    "cardem with CR LF": CARDEM.format(end="").replace("\n", "\r\n"),
    "SIMtrace 1": "ATR APDU: 3b 9f 96 80 1f c7\n" + SNIFF,
    "SIMtrace 2": "ATR (checksum error): 3b 9f 96\n" + SNIFF.replace("APDU", "TPDU"),
    "SIMtrace 2 in capitals": SNIFF.replace("APDU", "TPDU").replace("7f", "7F").replace("9f", "9F"),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_sniffers_and_emulators(form: str) -> None:
    capture = cardlib.read_text(FORMS[form])
    assert halves(capture) == [("A0A40000027F20", "9F17"), ("A0F2000002", "00FF9000")]
    assert capture.problems == ()


def test_bytes_that_follow_a_status_word_end_their_exchange() -> None:
    blocks = "".join(
        f"{way}X:\n        (BufLenExp 0)\n        (Buf [ {text} ])))\n"
        for way, text in (
            ("R", "A0 F2 00 00 02"),
            ("T", "F2 00 FF 90 00 01 02 90 00"),
            ("R", "A0 B0 00 00 01"),
            ("T", "B0 07 90 00"),
        )
    )
    assert halves(cardlib.read_text(blocks))[1] == ("A0B0000001", "079000")


CRSM = {
    "AT+CRSM=242": "00F20000",
    "at+crsm=178,28475,1,4,28": "00B201041C",
    "AT+CRSM=176, 28589, 0, 0, 4": "00B0000004",
    'AT+CRSM=214,28448,0,0,2,"0011","3F007F20"': "00D60000020011",
    "[modem0/ttyUSB0/at] --> 'AT+CRSM=176,28599,0,0,15<CR>'": "00B000000F",
}


@pytest.mark.parametrize("line", CRSM)
def test_a_command_in_numbers(line: str) -> None:
    answer = "[modem0/ttyUSB0/at] <-- '<CR><LF>+CRSM: 148,8,\"\"<CR><LF><CR><LF>OK<CR><LF>'"
    assert halves(cardlib.read_text(f"{line}\n{answer}\n")) == [(CRSM[line], "9408")]


def test_the_file_of_a_command_in_numbers_gives_its_answer_a_meaning() -> None:
    log = 'AT+CRSM=176,28589,0,0,4\n+CRSM: 144,0,"00000002"\nOK\n'
    [exchange] = cardlib.read_text(log).exchanges
    assert "EF.AD" in str(exchange)
    assert (exchange.context.how, exchange.context.ef) == ("assumed", "6FAD")


def test_an_iccid_that_is_read_by_its_identifier_alone_is_hidden() -> None:
    log = 'AT+CRSM=176,12258,0,0,10\n+CRSM: 144,0,"98101432547698103214"\n'
    assert "9810143254" not in str(cardlib.read_text(log).exchanges[0])


def test_after_damage_the_file_is_told_again() -> None:
    read = 'AT+CRSM=176,28589,0,0,4\n+CRSM: 144,0,"00000002"\n'
    capture = cardlib.read_text(f"{read}+CRSM: 999,0\n{read}")
    assert [exchange.context.ef for exchange in capture.exchanges] == ["6FAD", "6FAD"]


OPENED = {
    "AT": f'AT+CCHO="{USIM}"\n+CCHO: 2\nOK\nAT+CGLA=2,10,"00B0000002"\n+CGLA: 8,"11229000"\n',
    "a handle": f'AT+CCHO="{USIM}"\n+CCHO: 0385a7cf\nAT+CGLA=0385a7cf,10,"00B0000002"\n'
    '+CGLA: 8,"11229000"\n',
    "lpac": '{"type":"apdu","payload":{"func":"logic_channel_open","param":"'
    + USIM.lower()
    + '"}}\n'
    '{"type":"apdu","payload":{"ecode":2}}\n'
    '{"type":"apdu","payload":{"func":"transmit","param":"02B0000002"}}\n'
    '{"type":"apdu","payload":{"ecode":0,"data":"11229000"}}\n',
    "RIL": f"[0041]> SIM_OPEN_CHANNEL aid = {USIM} p2 = 0 [PHONE0]\n"
    "[0041]< SIM_OPEN_CHANNEL {2, 144, 0} [PHONE0]\n"
    "TransApdu: Send: ApduCommand(channel=2, cla=0, ins=176, p1=0, p2=0, p3=2, cmd=)\n"
    "TransApdu: Response: IccIoResult sw1:0x90 sw2:0x0 Payload: 1122\n",
}


@pytest.mark.parametrize("form", OPENED)
def test_a_channel_is_read_in_the_terms_of_what_it_was_opened_on(form: str) -> None:
    capture = cardlib.read_text(OPENED[form])
    [exchange] = capture.exchanges
    context = exchange.context
    assert capture.problems == () and exchange.response and exchange.response.sw == 0x9000
    assert (context.how, context.application, context.df) == ("selected", "telecom", "ADF.USIM")
    assert [frame.note for frame in events(capture)] == ["channel opened on this application"]


def test_a_channel_that_is_closed_says_no_more() -> None:
    log = OPENED["AT"] + 'AT+CCHC=2\nOK\nAT+CGLA=2,10,"00B0000002"\n+CGLA: 4,"6881"\n'
    contexts = [exchange.context for exchange in cardlib.read_text(log).exchanges]
    assert [context.how for context in contexts] == ["selected", "unknown"]
    assert contexts[1].aid == ""


def test_what_lpac_says_beside_its_modem_counts_once() -> None:
    log = "[DEBUG] [APDU] [TX] CLA: 81, INS: E2, P1: 91, P2: 00, Lc: 03, Data: BF 2E 00\n"
    log += 'AT_DEBUG: AT+CGLA=1,16,"81E2910003BF2E00"\nAT_DEBUG: +CGLA: 4,"6A88"\n'
    log += "[DEBUG] [APDU] [RX] SW1: 6A, SW2: 88\n"
    capture = cardlib.read_text(log)
    assert halves(capture) == [("81E2910003BF2E00", "6A88")] and capture.problems == ()


RIL = """\
09-11 07:46:07.405 D/RILJ    (  729): [0052]> iccIO: SIM_IO 0xb0 0x2fe2  path: 3F00,0,0,10 aid: {aid}
09-11 07:46:07.515 D/RILJ    (  729): [0053]> iccIO: SIM_IO 0xd6 0x6f40  path: 3F007FFF,0,0,4 aid: {aid}
09-11 07:46:07.625 D/RILJ    (  729): [0052]< SIM_IO IccIoResponse sw1:0x90 sw2:0x0
09-11 07:46:07.825 D/RILJ    (  729): [0053]< SIM_IO IccIoResponse sw1:0x90 sw2:0x0
"""


def test_a_telephone_has_several_requests_on_the_way_and_hides_what_was_read() -> None:
    capture = cardlib.read_text(RIL.format(aid=USIM.lower()))
    read, write = capture.exchanges
    assert halves(capture) == [("00B000000A", "9000"), ("00D60000", "9000")]
    assert capture.problems == () and len(capture.sessions) == 1
    assert (read.duration_ns, write.duration_ns) == (220_000_000, None)
    assert read.response and read.response.error == LEFT_OUT
    assert write.command and write.command.error == f"{LEFT_OUT} (4 bytes)"
    assert write.response and write.response.error == ""
    assert [exchange.context.df for exchange in (read, write)] == ["MF", "ADF.USIM"]


def test_channels_of_a_telephone_do_not_mix() -> None:
    log = OPENED["RIL"] + RIL.format(aid=ISD_R.lower())
    capture = cardlib.read_text(log)
    lanes = [dict(session.meta)["lane"] for session in capture.sessions]
    assert lanes == ["basic channel", "channel 2"]
    assert {exchange.context.aid for exchange in capture.exchanges} == {USIM, ISD_R}


def mbim(kind: int, cid: int, info: bytes, total: int = 1) -> bytes:
    """A message of the service Microsoft Low-Level UICC Access."""
    service = bytes.fromhex("C2F6588EF0374BC98665F4D44BD09367")
    status = 1 if kind == 3 else 0  # a command that sets, or success
    size = 48 + len(info)
    head = struct.pack("<IIIII", kind, size, 1, total, 0)
    return head + service + struct.pack("<III", cid, status, len(info)) + info


def printed(*messages: bytes) -> str:
    return "".join(
        f"[/dev/cdc-wdm0] Sent message...\n<<<<<< RAW:\n<<<<<<   length = {len(message)}\n"
        f"<<<<<<   data   = {':'.join(f'{byte:02X}' for byte in message)}\n"
        for message in messages
    )


AID = bytes.fromhex(USIM)
COMMAND, ANSWER = bytes.fromhex("00B0000002"), bytes.fromhex("1122")
MBIM = (
    mbim(3, 2, struct.pack("<IIII", len(AID), 16, 0, 1) + AID),
    mbim(0x80000003, 2, struct.pack("<IIII", 0x90, 1, 0, 0)),
    mbim(3, 4, struct.pack("<IIIII", 1, 0, 0, len(COMMAND), 20) + COMMAND),
    mbim(0x80000003, 4, struct.pack("<III", 0x90, len(ANSWER), 12) + ANSWER),
)


def test_messages_of_mbim() -> None:
    capture = cardlib.read_text(printed(*MBIM))
    assert halves(capture) == [("00B0000002", "11229000")] and capture.problems == ()
    assert capture.exchanges[0].context.df == "ADF.USIM"


def test_messages_in_one_line_of_a_system_journal() -> None:
    log = printed(*MBIM).replace("...\n", "... ").replace("\n<<<<<<", " <<<<<<")
    assert halves(cardlib.read_text(log)) == [("00B0000002", "11229000")]


@pytest.mark.parametrize(
    "message",
    [
        MBIM[2][:-1],
        mbim(3, 4, struct.pack("<IIIII", 1, 0, 0, 200, 20) + COMMAND),
        mbim(3, 4, bytes(8)),
        mbim(3, 4, b"", total=2),
        bytes.fromhex("0110000002000B"),
        bytes.fromhex("010B00000B02000100"),
    ],
)
def test_a_message_whose_lengths_do_not_fit_is_damaged(message: bytes) -> None:
    capture = cardlib.read_text(printed(MBIM[2], MBIM[3], message, MBIM[2], MBIM[3]))
    assert [problem.kind for problem in capture.problems] == ["damaged frame"]
    assert halves(capture) == [("00B0000002", "11229000")] * 2
