"""Each notebook in JupyterLab in a real browser: all cells run, and its widgets can be moved.

``pytest tests/notebooks_in_browser.py``; not part of ``pytest tests``, since it takes long.
"""

import json
import re
import shutil
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest

from tests import browser

if browser.find_browser() is None:
    pytest.skip(browser.NO_BROWSER, allow_module_level=True)

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
RUN_TIME = 450  # seconds that a notebook's cells may take; machines differ by a factor of two
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


@pytest.fixture
def opened(chromium):
    """A page, and what its console complains about."""
    page, complaints = browser.open_page(chromium)
    yield page, complaints
    page.context.close()


@pytest.fixture(autouse=True)
def no_kernel_left(server):
    """Each notebook's kernel ends with it: several would not fit into the memory."""
    yield
    for kernel in json.loads(browser.request(f"{server.url}/api/kernels", server.token)[1]):
        browser.request(f"{server.url}/api/kernels/{kernel['id']}", server.token, "DELETE")


def run_all(page, count):
    """Run the notebook from the menu, and wait until so many cells have run, none in error."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    for _ in range(2 * RUN_TIME):
        state = page.evaluate(STATE)
        assert state["errors"] == []
        if state["run"] == count:
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{state['run']} of {count} cells have run in {RUN_TIME} s")


@pytest.mark.parametrize("name", [path.name for path in PATHS])
def test_the_notebook_runs_and_its_widgets_can_be_moved(server, opened, name):
    page, complaints = opened
    cells = nbformat.read(FOLDER / name, as_version=4).cells
    code = [c.source for c in cells if c.cell_type == "code" and c.source.strip()]
    page.goto(f"{server.url}/lab/tree/notebooks/{quote(name)}?reset&token={server.token}")
    page.locator(".jp-Notebook .jp-CodeCell").nth(len(code) - 1).wait_for(state="attached")
    # The indicator above the notebook says idle even before there is a kernel; then what is run
    # may be lost.
    ready = page.locator("#jp-main-statusbar").get_by_text(re.compile(r"^Python 3 .*\| Idle$"))
    ready.wait_for(timeout=60_000)
    run_all(page, len(code))
    built = sum(len(re.findall(r"\bwidgets\.\w+\(", text)) for text in code)
    for explorer in browser.explorers(page, built, 30):
        browser.by_keyboard(explorer)
        browser.by_mouse(explorer)
    assert page.evaluate(STATE)["run"] == len(code), "keys meant for a widget reached the notebook"
    assert complaints == []
