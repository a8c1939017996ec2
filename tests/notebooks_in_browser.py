"""Each notebook in JupyterLab in a real browser: all cells run, and its widgets can be moved.

``pytest tests/notebooks_in_browser.py``; not part of ``pytest tests``, since it takes long.
"""

import json
import re
import shutil
import time
import warnings
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest

from tests import browser

if browser.find_browser() is None:
    pytest.skip(browser.NO_BROWSER, allow_module_level=True)

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
STALL = 240  # seconds that one cell may take; the longest takes 30, or 75 on a slow machine
SETTINGS = {
    # JupyterLab hides the cells that are off the screen, and with them their widgets.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    # Else it asks, in a box above the page, whether to fetch news from the network.
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
STATE = """() => {
    const cells = [...document.querySelectorAll(".jp-Notebook .jp-CodeCell")];
    const prompts = cells.map(x => x.querySelector(".jp-InputPrompt").textContent);
    const type = "application/vnd.jupyter.error";
    const errors = document.querySelectorAll(`.jp-Notebook [data-mime-type="${type}"]`);
    return {
        run: prompts.filter(x => /^\\[\\d+\\]:/.test(x)).length,
        errors: [...errors].map(x => x.textContent.slice(-500)),
    };
}"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A copy of the notebooks' folder, without outputs: what is seen comes from this run."""
    root = tmp_path_factory.mktemp("lab")
    shutil.copytree(FOLDER, root / "notebooks", ignore=shutil.ignore_patterns(".*"))
    for path in (root / "notebooks").glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, path)
    return root


@pytest.fixture(scope="module")
def server(root):
    """JupyterLab, showing the copy."""
    settings = {plugin: json.dumps(values) for plugin, values in SETTINGS.items()}
    with browser.lab(root, settings) as server:
        yield server


@pytest.fixture(scope="module")
def chromium():
    """A browser."""
    with browser.chromium() as started:
        yield started


@pytest.fixture(autouse=True)
def no_kernel_left(server):
    """Each notebook's kernel ends with it: several would not fit into the memory."""
    yield
    end_kernels(server)


def end_kernels(server):
    """End all kernels of a server."""
    for kernel in json.loads(browser.request(f"{server.url}/api/kernels", server.token)[1]):
        browser.request(f"{server.url}/api/kernels/{kernel['id']}", server.token, "DELETE")


def run_all(server, page, name, count):
    """Open a notebook and run it from the menu; returns how many of its cells have run.

    None in error, and all of them, unless one takes longer than ``STALL``.
    """
    page.goto(f"{server.url}/lab/tree/notebooks/{quote(name)}?reset&token={server.token}")
    page.locator(".jp-Notebook .jp-CodeCell").nth(count - 1).wait_for(state="attached")
    # The indicator above the notebook says idle even before there is a kernel; then what is run
    # may be lost.
    ready = page.locator("#jp-main-statusbar").get_by_text(re.compile(r"^Python 3 .*\| Idle$"))
    ready.wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    run, end = 0, time.monotonic() + STALL
    while run < count and time.monotonic() < end:
        page.wait_for_timeout(500)
        state = page.evaluate(STATE)
        assert state["errors"] == []
        if state["run"] > run:
            run, end = state["run"], time.monotonic() + STALL
    return run


@pytest.mark.parametrize("name", [path.name for path in PATHS])
def test_the_notebook_runs_and_its_widgets_can_be_moved(server, chromium, name):
    page, complaints = browser.open_page(chromium)
    cells = nbformat.read(FOLDER / name, as_version=4).cells
    code = [c.source for c in cells if c.cell_type == "code" and c.source.strip()]
    run = run_all(server, page, name, len(code))
    if run < len(code):  # seen once, in a PCA of notebook 06 that else takes a second
        kernels = browser.request(f"{server.url}/api/kernels", server.token)[1]
        warnings.warn(f"{name} stood still for {STALL} s in {code[run]!r}: {kernels}", stacklevel=1)
        end_kernels(server)
        page.context.close()
        page, complaints = browser.open_page(chromium)
        run = run_all(server, page, name, len(code))
    assert run == len(code), f"{name} stands still in {code[run]!r}"
    built = sum(len(re.findall(r"\bwidgets\.\w+\(", text)) for text in code)
    for explorer in browser.explorers(page, built, 30):
        browser.by_keyboard(explorer)
        browser.by_mouse(explorer)
    assert page.evaluate(STATE)["run"] == len(code), "keys meant for a widget reached the notebook"
    assert complaints == []
    page.context.close()
