"""The pages of the series: whole, without the network, live, and without barriers."""

import functools
import http.server
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from pages import links
from tests import browser
from tests.widgets.conftest import Shown

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "site"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BESIDE = "index start for_teachers worksheets glossary bibliography measurements accessibility"
PAGES = [f"{name}.html" for name in BESIDE.split()]
PAGES += [f"notebooks/{path.stem}.html" for path in NOTEBOOKS]
REPOSITORY = "https://github.com/somebody/series"
NOWHERE = {f"{name}_proxy": "http://127.0.0.1:9" for name in ("http", "https", "all")}
PLACE = re.compile(r'data-widget="(\w+)"')
TARGET = re.compile(r'\b(?:href|src)="([^"]+)"')
MB = 1_000_000


@pytest.fixture(scope="module")
def site():
    """The pages, built where nothing can be fetched."""
    command = [sys.executable, "-m", "pages.build"]
    env = os.environ | NOWHERE | {"REPOSITORY": REPOSITORY}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "wrote build/site/index.html: " in done.stdout
    return SITE


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and writes no log."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(site):
    """Where the pages are served, to this machine alone."""
    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def html(page):
    return (SITE / page).read_text(encoding="utf-8")


def test_there_is_a_page_for_each_notebook_and_all_is_small(site):
    paths = [*site.glob("*.html"), *site.glob("notebooks/*.html")]
    found = {path.relative_to(site).as_posix() for path in paths}
    assert found - {"genindex.html", "search.html"} == {*PAGES}
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 25 * MB


@pytest.mark.parametrize("page", PAGES)
def test_links_within_the_pages_lead_somewhere(site, page):
    for target in TARGET.findall(html(page)):
        parts = urlsplit(target)
        if parts.scheme:  # another site, or data: that is no link
            continue
        path = (site / page).parent / unquote(parts.path) if parts.path else site / page
        path = path / "index.html" if path.is_dir() else path
        assert path.is_file(), target
        if parts.fragment and path.suffix == ".html":
            ids = re.findall(r'\bid="([^"]+)"', path.read_text(encoding="utf-8"))
            assert unquote(parts.fragment) in ids, target


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_is_there_with_its_live_pictures_and_formulas(site, path):
    page, source = html(f"notebooks/{path.stem}.html"), path.read_text(encoding="utf-8")
    made = re.findall(r'"(?:\w+ = )?widgets\.([A-Z]\w+)\(', source)
    assert [name.split("_")[1] for name in PLACE.findall(page)] == made
    assert "$$" not in page and "given:" not in page
    assert "<math" in page or "$$" not in source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_says_where_to_run_it(site, path):
    page, name = html(f"notebooks/{path.stem}.html"), f"notebooks/{path.name}"
    start = "https://mybinder.org/v2/gh/somebody/series/main?urlpath=lab/tree/"
    for link in (start, "https://colab.research.google.com/github/somebody/series/blob/colab/"):
        assert f'href="{link}{name}"' in page
    assert page.index(start) < page.index("check_setup")


def test_a_copy_links_to_itself_and_without_an_address_to_nobody(site, monkeypatch):
    page = html("start.html")
    assert "REPOSITORY" not in page and f"git-pull?repo={REPOSITORY}&amp;" in page
    assert "lab/tree/series/notebooks/00_start_here.ipynb" in page
    text = (ROOT / "pages" / "start.md").read_text(encoding="utf-8")
    monkeypatch.setattr(links, "REPOSITORY", "")
    assert not re.search("mybinder|colab|REPOSITORY", links.with_address(text))
    assert links.run_links("00_start_here", "../") == "Run it: [in JupyterLab](../start.md)"


def test_the_guide_leads_to_each_figure_alone(site):
    guide = html("for_teachers.html")
    alone = re.findall(r'href="(_static/full/\w+\.html)"', guide)
    assert len(alone) == 5 and "05_CodeMap" in alone[0] and "10_CodeMap" in alone[-1]
    assert (site / alone[0]).read_bytes() != (site / alone[-1]).read_bytes()


def test_the_worksheets_ask_what_the_lesson_and_the_notebooks_ask(site):
    sheets = (ROOT / "build/pages/worksheets.md").read_text(encoding="utf-8")
    assert sheets.count("## ") == len(NOTEBOOKS) + 1 and "A ring has no ends" in sheets
    asked = sum(path.read_text(encoding="utf-8").count("**Predict:**") for path in NOTEBOOKS)
    assert sheets.count('class="room"') == asked + 7


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_the_menu_opens(address, chromium, width):
    page, _ = browser.open_page(chromium, viewport={"width": width, "height": 800})
    page.goto(address + "notebooks/06_variational_autoencoder.html")
    seen = """() => [...document.querySelectorAll("[id^=pst-primary-sidebar] a")].some((link) => {
        const { left, width } = link.getBoundingClientRect();
        return link.textContent.includes("07 · Noise") && width > 0 && left >= 0;
    })"""
    before = page.evaluate(seen)
    assert before == (width > 1000)  # else there's no room beside the text
    page.locator("button.primary-toggle:visible").click()
    page.wait_for_function(f"({seen})() !== {json.dumps(before)}", timeout=5000)
    page.context.close()


def opened(chromium, address, page):
    """A page in a browser, with its widgets."""
    return Shown(chromium, address + page, PLACE.findall(html(page)))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_nobody_has_no_barrier_and_its_pictures_answer(address, chromium, page):
    shown = opened(chromium, address, page)
    assert browser.barriers(shown.page) == []
    shown.page.emulate_media(color_scheme="dark")
    shown.page.evaluate("document.documentElement.dataset.theme = 'dark'")  # as its button does
    shown.page.wait_for_timeout(1000)  # it changes slowly
    background = "getComputedStyle(document.body).backgroundColor"
    assert max(map(int, re.findall(r"\d+", shown.page.evaluate(background))[:3])) < 64
    assert browser.barriers(shown.page) == []
    for explorer in shown.explorers.values():
        for move in (browser.by_keyboard, browser.by_mouse):
            move(explorer)
    assert shown.complaints == []
    assert all(url.startswith((address, "data:", "blob:")) for url in shown.requests)
    files = {SITE / unquote(urlsplit(url).path[1:]) for url in shown.requests if address in url}
    assert sum(file.stat().st_size for file in files if file.is_file()) < 3 * MB
    shown.page.context.close()
