"""Widgets in JupyterLab: with their kernel, without it, after its restart, and on a new page."""

import json
import re
from urllib.parse import quote

import nbformat
import pytest

from tests import browser

CELLS = [
    "import ipywidgets\nfrom vae_tutorial import widgets\n"
    "dial, line = widgets.GaussianDial(), widgets.NoisyLine([2, 5], ['a', 'b'])\n"
    "link, heard = ipywidgets.jslink((dial, 'stddev'), (line, 'noise')), []\n"
    "dial.observe(lambda change: heard.append(change['new']), 'mean')\ndial",
    "line",
    "print('heard', heard[-1:], dial.mean)",
    "dial.mean = 2",
    "import os; os._exit(1)",
]
FETCH = {"fetchNews": "false", "checkForUpdates": False}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with one notebook."""
    root = tmp_path_factory.mktemp("lab")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), root / "a b.ipynb")
    return root


@pytest.fixture(scope="module")
def lab(root, chromium):
    """(page, server), the notebook open."""
    settings = {"@jupyterlab/apputils-extension/notification": json.dumps(FETCH)}
    with browser.lab(root, settings) as server:
        page, _ = browser.open_page(chromium)
        page.goto(f"{server.url}/lab/tree/{quote('a b.ipynb')}?reset&token={server.token}")
        yield page, server


def status(page, pattern):
    bar = page.locator("#jp-main-statusbar")
    bar.get_by_text(re.compile(pattern)).wait_for(timeout=60_000)


def execute(page, number):
    """Run one cell, and wait for its output's number."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    before = cell.locator(".jp-InputPrompt").inner_text()
    cell.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(
        """([number, before]) => {
            const cell = document.querySelectorAll(".jp-Notebook .jp-CodeCell")[number];
            const now = cell.querySelector(".jp-InputPrompt").textContent.trim();
            return now !== before.trim() && /\\d/.test(now);
        }""",
        arg=[number, before],
        timeout=30_000,
    )
    return cell


def test_a_widget_lives_with_its_kernel_and_outlives_it(lab):
    page, server = lab
    status(page, r"^Python 3 .*\| Idle$")
    for number in (0, 1):
        execute(page, number)
    dial, line = browser.explorers(page, 2, 30)
    mean, stddev = browser.controls(dial)
    execute(page, 3)
    page.wait_for_function("x => x.value === '2'", arg=mean.field.element_handle())
    browser.type_in(mean, "-1")
    assert "heard [-1.0] -1.0" in execute(page, 2).inner_text()
    browser.type_in(stddev, "2")
    assert browser.settle(line)[1].startswith("Noise 2:")

    # Its kernel dies, and another takes its place: the widget moves on.
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(4)
    cell.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    page.get_by_text("Kernel Restarting").first.wait_for(timeout=60_000)
    page.keyboard.press("Escape")
    status(page, r"^Python 3 .*\| Idle$")
    browser.by_mouse(dial)
    browser.by_keyboard(line)

    # No kernel at all.
    for kernel in json.loads(browser.request(f"{server.url}/api/kernels", server.token)[1]):
        browser.request(f"{server.url}/api/kernels/{kernel['id']}", server.token, "DELETE")
    page.wait_for_timeout(1000)
    browser.by_keyboard(dial)
    browser.by_mouse(line)


def test_on_a_new_page_running_the_cell_brings_it_back(lab):
    page, _ = lab
    page.keyboard.press("Control+S")
    page.wait_for_timeout(1000)
    page.reload()
    status(page, r"^Python 3 .*\| Idle$")
    # Notebook 00 says what to do about JupyterLab's own words.
    page.get_by_text("Error displaying widget: model not found").first.wait_for(timeout=30_000)
    for number in (0, 1):
        page.locator(".jp-Notebook .jp-CodeCell").nth(number).locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
    for explorer in browser.explorers(page, 2, 30):
        browser.by_mouse(explorer)
