# SPDX-License-Identifier: MIT
"""The explorer's page in a browser: every link both ways, keys, notes, and nothing in it that runs or asks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dialogue import captured, payment
from explorer_pages import READY, Open, lit, numbers, row
from playwright.sync_api import expect

import cardlib
from cardlib import Capture

pytestmark = pytest.mark.xdist_group("explorer")

ROOT = Path(__file__).resolve().parent.parent
PURCHASE = ROOT / "traces/contact_purchase.card.jsonl"
WRONG_PIN = ROOT / "traces/contact_wrong_pin.card.jsonl"
EVIL = "<img src=x onerror=window.ran=1><script>window.ran=1</script>"


@pytest.fixture(scope="module")
def purchase(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "purchase.html"
    cardlib.explore(PURCHASE).save(path)
    return path


def test_from_a_finding_to_its_bytes_and_from_a_byte_to_its_meaning(
    open_page: Open, purchase: Path
) -> None:
    page = open_page(purchase)
    assert page.locator("h1").inner_text() == PURCHASE.name
    assert len(numbers(page)) == 15
    page.get_by_role("tab", name="Findings").click()
    page.get_by_role("button", name="exchange 11 command 5..13").first.click()
    expect(page.locator(".ce-exchange-title h2")).to_have_text("11 VERIFY")
    expect(page.locator(".ce-lit").first).to_be_visible()
    assert lit(page, "command") == "241234FFFFFFFFFF"
    expect(page.locator(".ce-node.ce-chosen")).to_contain_text("personal identification number")
    row(page, 12).click()
    expect(page.locator(".ce-exchange-title h2")).to_have_text("12 GENERATE AC")
    page.locator("[aria-label='bytes of the command'] [data-byte='29']").click()
    expect(page.locator(".ce-node.ce-chosen")).to_contain_text("9C")
    assert page.locator(".ce-place").first.inner_text() == "byte 29"
    page.locator(".ce-node", has_text="9F37").click()
    assert lit(page, "command") == "5C1A0E77"
    assert page.locator(".ce-place").first.inner_text() == "bytes 30 to 33"
    page.locator("[aria-label='bytes of the command']").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".ce-node.ce-chosen")).to_contain_text("9F37")
    page.keyboard.press("ArrowUp")
    page.locator("[role=tree]").first.focus()
    page.keyboard.press("Home")
    assert lit(page, "command") == "80"


def test_the_filter_follows_each_key_and_says_what_is_wrong(
    open_page: Open, purchase: Path
) -> None:
    page = open_page(purchase)
    page.keyboard.press("Tab")
    page.locator(".ce-list").focus()
    page.keyboard.press("/")
    page.keyboard.type("sw != 9000")
    assert numbers(page) == [0]
    box = page.get_by_label("filter", exact=True)
    box.fill("finding == E33")
    assert numbers(page) == [11]
    box.fill("took > 100ms and swx == 3")
    expect(page.get_by_role("alert")).to_contain_text('"swx" is no field')
    assert page.locator(".ce-filter-error mark").inner_text() == "swx"
    assert numbers(page) == [11], "a wrong filter leaves the one before"
    page.get_by_role("button", name="failed").click()
    assert numbers(page) == [0]
    box.fill("bytes ~ 5C1A0E77")
    expect(page.locator(".ce-shown")).to_have_text("3 of 15")
    assert numbers(page) == [9, 12, 14]
    page.keyboard.press("Escape")
    assert len(numbers(page)) == 15


def test_a_link_opens_the_same_again(open_page: Open, purchase: Path) -> None:
    page = open_page(purchase)
    page.get_by_label("filter", exact=True).fill("n > 9")
    row(page, 12).click()
    page.locator(".ce-node", has_text="9F37").click()
    address = page.evaluate("location.hash")
    again = open_page(purchase, address)
    expect(again.locator(".ce-exchange-title h2")).to_have_text("12 GENERATE AC")
    expect(again.locator(".ce-lit")).to_have_count(4)
    assert lit(again, "command") == "5C1A0E77" and numbers(again) == [10, 11, 12, 13, 14]


TWO_FRAMES = """() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(done)))"""


def test_a_click_counts_though_the_list_is_drawn_again_before_the_release(
    open_page: Open, purchase: Path
) -> None:
    page = open_page(purchase, viewport={"width": 360, "height": 800})
    box = row(page, 3).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    scrolling = page.locator(".ce-list")
    scrolling.evaluate("(list) => { list.scrollTop = 5; }")
    page.evaluate(TWO_FRAMES)
    assert scrolling.evaluate("(list) => list.scrollTop") == 5
    page.mouse.up()
    expect(page.locator(".ce-exchange-title h2")).to_have_text("3 READ RECORD")


def test_everything_by_keys(open_page: Open, purchase: Path) -> None:
    page = open_page(purchase)
    title = page.locator(".ce-exchange-title h2")
    page.locator(".ce-list").focus()
    for key, expected in (("j", ""), ("j", "0 SELECT"), ("End", "14 GENERATE AC"), ("k", "13 EXT")):
        page.keyboard.press(key)
        if expected:
            expect(title).to_contain_text(expected)
    for key, expected in (("G", "12 GENERATE"), ("G", "11 VERIFY"), ("E", "0 SELECT"), ("[", "11")):
        page.keyboard.press(key)
        expect(title).to_contain_text(expected)
    for key, tab in (
        ("2", "Wire"),
        ("3", "Findings"),
        ("4", "Story"),
        ("5", "Files"),
        ("1", "Bytes"),
    ):
        page.keyboard.press(key)
        expect(page.get_by_role("tab", selected=True)).to_contain_text(tab)
    page.locator(".ce-list").focus()
    page.keyboard.press("ArrowLeft")
    assert len(numbers(page)) == 1, "the payment is folded"
    page.keyboard.press("ArrowRight")
    assert len(numbers(page)) == 15
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_stretch_of_time_is_chosen_by_mouse_and_by_keys(open_page: Open, purchase: Path) -> None:
    page = open_page(purchase)
    box = page.locator(".ce-timeline").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 30, steps=4)
    page.mouse.up()
    expect(page.locator(".ce-shown")).to_have_text("2 of 15")
    assert numbers(page) == [11, 12]
    page.locator(".ce-timeline").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".ce-shown")).to_have_text("15")
    page.keyboard.press("ArrowRight")
    assert numbers(page) == list(range(10))[: len(numbers(page))] and len(numbers(page)) < 15
    page.keyboard.press("+")
    page.keyboard.press("0")


def test_notes_survive_and_are_saved(open_page: Open, purchase: Path, tmp_path: Path) -> None:
    page = open_page(purchase)
    row(page, 3).click()
    page.keyboard.press("n")
    page.get_by_role("textbox", name="note", exact=True).fill(EVIL)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".ce-note")).to_contain_text("onerror")
    page.reload()
    expect(page.locator(READY)).to_be_visible()
    page.get_by_role("tab", name="Notes").click()
    expect(page.locator("button.ce-card")).to_contain_text("onerror")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save notes to a file").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert cardlib.explore(PURCHASE, notes=path).notes[3].text == EVIL
    assert page.evaluate("window.ran") is None


def test_a_note_on_bytes_leads_back_to_them(open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "noted.html"
    note = {"text": "the same number again?", "b": ["command", 30, 34]}
    cardlib.explore(PURCHASE, notes={12: note, 3: "no bytes", 99: "not here"}).save(path)
    page = open_page(path)
    page.get_by_role("tab", name="Notes").click()
    cards = page.locator("button.ce-card")
    expect(cards).to_have_count(3)
    expect(cards.nth(2)).to_be_disabled()
    cards.nth(1).click()
    expect(page.locator(".ce-node.ce-chosen")).to_contain_text("9F37")
    assert lit(page, "command") == "5C1A0E77"
    row(page, 3).click()
    expect(page.locator(".ce-note")).to_have_text("no bytes")
    row(page, 12).click()
    page.get_by_role("button", name="bytes 30..34").click()
    expect(page.locator(".ce-lit").first).to_be_visible()
    assert lit(page, "command") == "5C1A0E77"


def hostile() -> Capture:
    """A capture with markup as its name and as the label of an application."""
    label = f"50{len(EVIL):02X}{EVIL.encode().hex().upper()}"
    inner = f"8407A0000000031010A5{len(label) // 2:02X}{label}"
    answer = f"6F{len(inner) // 2:02X}{inner}9000"
    return captured(["00A4040007A000000003101000", answer], f"{EVIL.replace('/', '_')}.txt")


@pytest.mark.parametrize(
    "hash",
    [
        "",
        "#e=0&f=%3Cscript%3Ewindow.ran%3D1%3C%2Fscript%3E&b=response:0..99999",
        "#e=99999999&b=x&t=constructor",
        "#f=" + "(" * 450,
        "#%E0%A4%A",
    ],
)
def test_nothing_of_a_stranger_runs(open_page: Open, tmp_path: Path, hash: str) -> None:
    path = tmp_path / "page.html"
    cardlib.explore(hostile(), notes={0: EVIL}, reveal=True).save(path)
    page = open_page(path, hash)
    page.evaluate("location.hash")
    for tab in ("Wire", "Findings", "Story", "Files", "Notes", "Bytes"):
        page.get_by_role("tab", name=tab).click()
    assert page.evaluate("window.ran") is None
    assert page.locator(".cardlib-explorer :is(img, script, iframe, svg, object)").count() == 0
    if not hash:
        row(page, 0).click()
        expect(page.locator(".ce-trees")).to_contain_text("<img src=x")


def test_not_even_a_script_that_is_put_into_the_page_runs(open_page: Open, purchase: Path) -> None:
    page = open_page(purchase)
    page.evaluate("""() => {
      window.refused = [];
      const note = (event) => window.refused.push(event.effectiveDirective);
      document.addEventListener("securitypolicyviolation", note);
      const script = document.createElement("script");
      script.textContent = "window.ran = 1";
      const image = document.createElement("img");
      image.setAttribute("onerror", "window.ran = 1");
      image.src = "data:image/png;base64,AAAA";
      document.body.append(script, image);
    }""")
    page.evaluate(TWO_FRAMES)
    assert page.evaluate("window.ran") is None
    assert set(page.evaluate("window.refused")) == {"script-src-elem", "script-src-attr", "img-src"}


def test_two_captures_stand_side_by_side(open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "two.html"
    cardlib.explore([PURCHASE, WRONG_PIN]).save(path)
    page = open_page(path)
    pairs = page.locator(".ce-pairs .ce-exchange")
    expect(pairs).to_have_count(7)
    page.get_by_role("button", name="only what differs").click()
    expect(pairs).to_have_count(16)
    page.get_by_role("button", name="only what differs").click()
    page.locator(".ce-pairs .ce-exchange", has_text="VERIFY").first.click()
    expect(page.locator(".ce-changed[data-byte]").first).to_be_visible()
    marked = page.locator("[aria-label='bytes of the response'] .ce-changed").all_inner_texts()
    assert marked == ["90", "00", "63", "C2"]
    page.get_by_role("button", name="Second").click()
    expect(page.locator("h1")).to_have_text(WRONG_PIN.name)


def test_files_wire_story_and_copies(open_page: Open, purchase: Path) -> None:
    page = open_page(purchase, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("tab", name="Files").click()
    page.get_by_role("button", name="read record 1 · 3", exact=True).click()
    expect(page.locator(".ce-exchange-title h2")).to_have_text("3 READ RECORD")
    page.get_by_role("tab", name="Wire").click()
    assert page.locator(".ce-wire-panel tbody tr").count() >= 2
    page.get_by_role("tab", name="Story").click()
    page.get_by_role("button", name="12 command 29..30").first.click()
    expect(page.locator(".ce-lit").first).to_be_visible()
    assert lit(page, "command") == "00"
    copies = {}
    for name in ("Hex", "Text", "Python", "Link"):
        page.get_by_role("button", name=f"copy as {name}").click()
        expect(page.locator(".ce-message")).to_have_text(f"{name} copied")
        copies[name] = page.evaluate("navigator.clipboard.readText()")
    assert copies["Hex"].startswith("> 80AE8000")
    assert "9C Transaction type" in copies["Text"]
    assert copies["Python"].endswith(".exchanges[12].command.raw[29:30]")
    assert copies["Link"].endswith("#e=12&b=command%3A29..30")


@pytest.mark.parametrize(
    ("capture", "words"),
    [
        (Capture("x", "hex pairs", ()), "No commands and answers"),
        (cardlib.read_text("< 6F00\n", format="hex pairs"), ""),
    ],
)
def test_of_little_it_says_what_there_is(
    open_page: Open, tmp_path: Path, capture: Capture, words: str
) -> None:
    path = tmp_path / "little.html"
    cardlib.explore(capture).save(path)
    page = open_page(path)
    assert words in page.locator(".ce-nothing").inner_text()


@pytest.mark.long
def test_many_exchanges_are_a_few_elements(open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "many.html"
    many = captured(["0084000008", "01020304050607089000"] * 6000)
    cardlib.explore(many, findings=()).save(path)
    page = open_page(path)
    assert page.locator(".ce-list .ce-line").count() < 80
    page.locator(".ce-list").focus()
    page.keyboard.press("End")
    expect(page.locator(".ce-exchange-title h2")).to_contain_text("5999")
    page.keyboard.press("Home")
    page.get_by_label("filter", exact=True).fill("n >= 5990")
    expect(page.locator(".ce-shown")).to_have_text("10 of 6,000")


NAMES = """() => [...document.querySelectorAll('.cardlib-explorer :is(button, input, textarea, [tabindex])')]
  .filter((element) => element.checkVisibility())
  .filter((element) => !(element.getAttribute('aria-label') || element.innerText || element.title).trim())
  .map((element) => element.outerHTML.slice(0, 120))"""
WIDE = """() => [...document.querySelectorAll('.cardlib-explorer, .ce-header, .ce-filter, .ce-panes, .ce-hex')]
  .filter((element) => element.scrollWidth > element.clientWidth + 1).map((element) => element.className)"""


@pytest.mark.parametrize("width", [360, 768, 860, 1280, 3840])
def test_it_fits_and_everything_has_a_name(open_page: Open, purchase: Path, width: int) -> None:
    page = open_page(purchase, viewport={"width": width, "height": 800})
    assert page.evaluate(NAMES) == [] and page.evaluate(WIDE) == []
    row(page, 12).click()
    expect(page.locator(".ce-hex").first).to_be_visible()
    assert page.evaluate(NAMES) == [] and page.evaluate(WIDE) == []
    back = page.get_by_role("button", name="‹ List")
    assert back.is_visible() == (width < 760)


CONTRAST = """() => {
  const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (colour) => {
    pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (colour) => rgb(colour).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const root = getComputedStyle(document.querySelector('.cardlib-explorer'));
  const of = (name) => light(root.getPropertyValue(`--ce-${name}`).trim());
  const ratio = (a, b) => (Math.max(of(a), of(b)) + 0.05) / (Math.min(of(a), of(b)) + 0.05);
  const texts = ['text', 'quiet', 'accent', 'tag', 'meaning', 'fine', 'warning', 'wrong',
    'critical', 'high', 'medium', 'low'];
  const pairs = texts.flatMap((text) => ['ground', 'raised', 'chosen'].map((ground) => [text, ground]));
  return [...pairs, ['lit-text', 'lit'], ['text', 'changed']]
    .filter(([a, b]) => ratio(a, b) < 4.5).map((pair) => pair.join(' on '));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(open_page: Open, purchase: Path, scheme: str) -> None:
    page = open_page(purchase, color_scheme=scheme)
    assert page.locator(".cardlib-explorer").get_attribute("data-colours") == scheme
    assert page.evaluate(CONTRAST) == []


def test_a_masked_page_says_so_and_has_no_secret(open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "masked.html"
    cardlib.explore(payment()).save(path)
    page = open_page(path)
    expect(page.locator(".ce-pill", has_text="masked")).to_be_visible()
    page.locator(".ce-exchange", has_text="VERIFY").click()
    expect(page.locator("[aria-label='bytes of the command'] .ce-hidden")).to_have_count(8)
    assert re.search(r"masked", page.locator(".ce-header").inner_text())


def test_on_paper_nothing_is_cut_and_no_fold_hides_anything(
    open_page: Open, purchase: Path
) -> None:
    page = open_page(purchase, "#e=12&t=findings", color_scheme="dark")
    page.emulate_media(media="print")
    cut = "(element) => element.scrollHeight > element.clientHeight + 1"
    for name in (".ce-list", ".ce-panel:not([hidden])", "main"):
        assert not page.locator(f"{name} >> visible=true").first.evaluate(cut), name
    last = page.locator(".ce-list .ce-exchange").last.bounding_box()
    panel = page.locator(".ce-panel:not([hidden])").bounding_box()
    assert last and panel and last["y"] + last["height"] <= panel["y"]
    content = "(fold) => getComputedStyle(fold, '::details-content').contentVisibility"
    assert page.locator("details:not([open])").first.evaluate(content) == "visible"
    ground = page.locator("main").first.evaluate("(main) => getComputedStyle(main).backgroundColor")
    assert ground == "rgb(255, 255, 255)", "paper is white, whatever the theme"
