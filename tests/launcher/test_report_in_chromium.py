"""The report as a browser shows it: opened from disk, on a wide screen and a phone, in light and in dark mode."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from launcher import report

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.chromium

DATA = Path(__file__).parent / "report_data"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENS = {"wide": (1280, "light"), "wide-dark": (1280, "dark"), "phone": (375, "light"), "phone-dark": (375, "dark")}

# Counts the colours of a picture and the share of the most common one, in an empty page of the same browser.
MEASURE = """async (png) => {
  const picture = new Image();
  picture.src = "data:image/png;base64," + png;
  await picture.decode();
  const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  canvas.drawImage(picture, 0, 0);
  const pixels = new Uint32Array(canvas.getImageData(0, 0, picture.width, picture.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
  return [counts.size, Math.max(...counts.values()) / pixels.length];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=SCREENS.values(), ids=list(SCREENS))
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, scheme = request.param
    page = browser.new_page(viewport={"width": width, "height": 812}, color_scheme=scheme)
    yield page
    page.close()


def written(folder: Path, output: Path, **changes: Any) -> str:
    record = json.loads((DATA / "record.json").read_text()) | changes
    path = folder / "a report.html"
    report.write(output, record, path)
    return path.as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("a run"), DATA / "output")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a page whose every text is markup or has no place to break, and whose run failed."""
    folder = tmp_path_factory.mktemp("hostile")
    text = "<script>console.error(1)</script><img src=https://example.org/x>" + "w" * 300
    output = shutil.copytree(DATA / "output", folder / "output")
    figure = (output / "figures" / "sizes.vl.json").read_text()
    (output / "figures" / "sizes.vl.json").write_text(figure.replace('"cluster": "0"', f'"cluster": "{text}"'))
    (output / "metrics.json").write_text(json.dumps({text: text, "nested": {text: text}}))
    wide = {"columns": [f"column {n}" for n in range(40)], "rows": [[text, *range(39)]]}
    (output / "tables" / "wide.json").write_text(json.dumps(wide))
    receipt = {"message": text, "hint": text, "digest": text}
    conf = {text: text}
    return written(folder, output, state="FAILED", handle=text, args=[text], conf=conf, receipt=receipt)


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def colours(browser: Browser, png: bytes) -> tuple[int, float]:
    blank = browser.new_page()
    number, share = blank.evaluate(MEASURE, base64.b64encode(png).decode())
    blank.close()
    return number, share


@pytest.mark.parametrize("name", ["address", "hostile"])
def test_the_page_opens_from_disk_without_request_or_complaint(
    page: Page, name: str, request: pytest.FixtureRequest
) -> None:
    address = request.getfixturevalue(name)
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address, wait_until="networkidle")
    assert requests == [address]
    assert complaints == []


@pytest.mark.parametrize("name", ["address", "hostile"])
def test_the_page_fits_the_screen(page: Page, name: str, request: pytest.FixtureRequest) -> None:
    page.goto(request.getfixturevalue(name))
    assert overflow(page) <= 0


def test_the_page_and_its_map_are_not_blank(page: Page, browser: Browser, address: str) -> None:
    page.goto(address)
    for picture in (page.screenshot(full_page=True), page.locator("figure").first.screenshot()):
        number, share = colours(browser, picture)
        assert number > 50
        assert share < 0.99


def test_a_blank_page_would_be_noticed(page: Page, browser: Browser) -> None:
    page.goto("about:blank")
    assert colours(browser, page.screenshot()) == (1, 1.0)


def test_text_stands_out_from_its_ground(page: Page, address: str) -> None:
    page.goto(address)
    ink, paper = (
        page.locator(selector).first.evaluate(f"element => getComputedStyle(element).{style}")
        for selector, style in (("figure svg text", "fill"), ("body", "backgroundColor"))
    )
    assert contrast(ink, paper) > 7


def test_soft_text_is_readable_too(page: Page, address: str) -> None:
    page.goto(address)
    soft, paper = (
        page.locator(selector).first.evaluate(f"element => getComputedStyle(element).{style}")
        for selector, style in ((".soft", "color"), ("body", "backgroundColor"))
    )
    assert contrast(soft, paper) > 4.5


def contrast(first: str, second: str) -> float:
    """Give the ratio of https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio for two colours of the form rgb(r, g, b)."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_command_is_selected_by_one_click(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 812})
    page.goto(address)
    page.locator("pre.copy").click()
    selected = page.evaluate("getSelection().toString()").strip()
    page.close()
    assert selected == report.command(json.loads((DATA / "record.json").read_text()))
