"""What the browser tests share: servers, a browser, and hands that move a widget's controls.

``python -m tests.browser`` prints which browser the tests take; without one it says in one line
that they are skipped, and exits with 1.
"""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
NO_BROWSER = (
    "There is no browser: the browser tests are skipped. Install Chromium (on Debian and Ubuntu: "
    "apt install chromium) or Chrome, or name one in VAE_TUTORIAL_BROWSER."
)
FLAGS = [
    "--no-sandbox",  # in a container there is no user namespace for the sandbox
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",  # a container's shared memory is small
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",  # all that the pages need is on this machine
]
START = 60  # seconds that a server gets to answer
PATIENCE = 5  # seconds that an image gets to change
ELSEWHERE = re.compile(r"^https?://(?!127\.0\.0\.1[:/])")

# What the pages complain about that isn't ours: (text, address) as regular expressions.
NOT_OURS = [
    # JupyterLab's parts share modules, whose versions differ in their last figure.
    (r"(Unsatisfied version|shared (singleton )?module)", r""),
]


def find_browser():
    """Path of the browser to drive, or None."""
    named = os.environ.get("VAE_TUTORIAL_BROWSER")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, NAMES)), None)


class Server(NamedTuple):
    """Where a server answers, without a slash at the end, and its token."""

    url: str
    token: str


@contextmanager
def _running(command, log, ready, variables):
    """Start a server, yield what ``ready()`` gives once that is something, and end it.

    Its kernels end with it. It stays in the tests' process group, so that what interrupts these
    ends it, too.

    Raises:
        RuntimeError: with the end of the server's log, if it ends or doesn't answer.
    """
    options = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, env=os.environ | variables, **options)
    try:
        end, found = time.monotonic() + START, None
        while not (found := ready()) and time.monotonic() < end and process.poll() is None:
            time.sleep(0.1)
        if not found:
            raise RuntimeError(f"no server: {log.read_text(encoding='utf-8')[-2000:]}")
        yield found
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port():
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def request(url, token=None, method="GET"):
    """(HTTP status, text) that a server answers, redirections included; (0, "") if nobody does."""
    parts = urlsplit(url)
    headers = {"Authorization": f"token {token}"} if token else {}
    connection = HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request(method, f"{parts.path or '/'}?{parts.query}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8")
    except OSError:
        return 0, ""
    finally:
        connection.close()


@contextmanager
def lab(root, settings=None):
    """JupyterLab on a free port, with nothing of the user's own settings.

    Args:
        root: the folder that it shows.
        settings: {plugin: JSON text}, as in {"@jupyterlab/notebook-extension/tracker": "{}"}.
    """
    server = Server(f"http://127.0.0.1:{free_port()}", secrets.token_hex(16))
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={server.url.split(':')[-1]}", "--ServerApp.port_retries=0"]
    command += [f"--ServerApp.root_dir={root}", "--allow-root"]
    command += ["--LabApp.extension_manager=readonly"]  # the other one asks PyPI
    with tempfile.TemporaryDirectory() as folder:
        variables = _apart(folder) | {"JUPYTER_TOKEN": server.token}
        for plugin, text in (settings or {}).items():
            path = Path(variables["JUPYTERLAB_SETTINGS_DIR"], f"{plugin}.jupyterlab-settings")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        log = Path(folder) / "log"

        def ready():
            return request(f"{server.url}/api", server.token)[0] == 200

        with _running(command, log, ready, variables):
            yield server


def _apart(folder):
    """Environment variables that keep Jupyter's own files in a folder."""
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    variables = {f"JUPYTER_{name}": str(Path(folder, name)) for name in names}
    for name in ("SETTINGS_DIR", "WORKSPACES_DIR"):
        variables[f"JUPYTERLAB_{name}"] = str(Path(folder, name))
    return variables | {"IPYTHONDIR": str(Path(folder, "ipython"))}


@contextmanager
def chromium(flags=()):
    """Playwright's ``Browser``, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser, **options):
    """A page in a context of its own, and the list that its complaints go into.

    Whatever isn't on this machine is refused, so that the tests see the same with a network and
    without.

    Returns:
        (page, complaints): texts of errors in the console and in scripts, without those not ours.
    """
    options = {"viewport": {"width": 1400, "height": 1000}} | options
    context = browser.new_context(**options)
    context.route(ELSEWHERE, lambda route: route.abort())
    page, complaints = context.new_page(), []

    def hear(text, address):
        known = (re.search(t, text) and re.search(a, address) for t, a in NOT_OURS)
        if not any(known):
            complaints.append(f"{text} ({address})")

    page.on(
        "console",
        lambda said: said.type == "error" and hear(said.text, said.location.get("url", "")),
    )
    page.on("pageerror", lambda error: hear(f"{error}", ""))
    return page, complaints


def explorers(page, count, seconds):
    """The page's widgets, as soon as there are ``count`` and each has drawn."""
    page.wait_for_function(
        """count => {
            const lines = [...document.querySelectorAll(".vae-explorer [role=status]")];
            return lines.length >= count && lines.every(x => x.textContent);
        }""",
        arg=count,
        timeout=1000 * seconds,
    )
    found = page.locator(".vae-explorer")
    return [found.nth(i) for i in range(found.count())]


class Control(NamedTuple):
    """One row of a widget, or its pad; sliders and fields are Playwright's ``Locator``s."""

    kind: str  # number, choice, pad or toggle
    label: str
    slider: object  # the canvas of a pad
    field: object  # the number field or the list; None for a pad


def controls(explorer):
    """The widget's controls, from top to bottom."""
    found = []
    parts = (f".vae-controls > {part}" for part in ("label", ".vae-pad", ".vae-toggles"))
    for part in explorer.locator(", ".join(parts)).all():
        kind = part.get_attribute("class")
        if kind == "vae-pad":
            canvas = part.locator("canvas")
            found.append(Control("pad", canvas.get_attribute("aria-label"), canvas, None))
            continue
        if kind == "vae-toggles":
            button = part.locator("button").first
            found.append(Control("toggle", button.inner_text(), button, None))
            continue
        field = explorer.locator(f"#{part.get_attribute('for')}")
        kind = field.evaluate("x => x.tagName === 'SELECT' ? 'choice' : 'number'")
        slider = explorer.locator(f"input[type=range]:has(+ #{part.get_attribute('for')})")
        found.append(Control(kind, part.inner_text(), slider, field))
    return found


def shown(explorer):
    """(the picture as a PNG in text, sentence) now."""
    return tuple(
        explorer.evaluate(
            """x => {
                const picture = x.querySelector(".vae-picture").toDataURL();
                return [picture, x.querySelector("[role=status]").textContent];
            }"""
        )
    )


def wait_for_change(explorer, before, seconds=PATIENCE):
    """True as soon as the image or the sentence differs from ``before``, as ``shown`` gave it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if shown(explorer) != before:
            return True
        explorer.page.wait_for_timeout(10)
    return False


def settle(explorer, rest=0.15, seconds=20):
    """What the widget shows once it has stayed the same for a while."""
    end, since, last = time.monotonic() + seconds, time.monotonic(), shown(explorer)
    while time.monotonic() < end:
        explorer.page.wait_for_timeout(30)
        now = shown(explorer)
        if now != last:
            since, last = time.monotonic(), now
        if time.monotonic() > since + rest:
            return last
    raise AssertionError("the widget doesn't come to rest")


def position(control):
    """(slider's value, least, largest, step) as numbers."""
    return control.slider.evaluate("x => [x.value, x.min, x.max, x.step].map(Number)")


def check_agreement(explorer):
    """Each slider says the same as its field, to its next step."""
    apart = explorer.evaluate(
        """x => [...x.querySelectorAll("input[type=range]")].filter(slider => {
            const field = slider.nextElementSibling;
            const told = field.tagName === "SELECT" ? field.selectedIndex : field.value;
            return Math.abs(Number(slider.value) - Number(told)) > 0.51 * Number(slider.step || 1);
        }).map(slider => slider.ariaLabel)"""
    )
    assert apart == [], "slider and field differ"


def check_move(explorer, act, what):
    """Act, and see that the widget answers."""
    before = settle(explorer)
    act()
    assert wait_for_change(explorer, before), f"{what}: nothing changed in {PATIENCE} s"
    settle(explorer)
    check_agreement(explorer)


def inwards(control):
    """1 or -1: the direction in which the slider has more room."""
    value, low, high, _ = position(control)
    return 1 if value - low <= high - value else -1


def press(control, key, times=1):
    """Focus the slider or the pad, and press a key."""
    control.slider.focus()
    for _ in range(times):
        control.slider.page.keyboard.press(key)


def type_in(control, text):
    """Replace what the field holds, and press Enter."""
    control.field.focus()
    keyboard = control.field.page.keyboard
    keyboard.press("Control+A")
    keyboard.press("Delete")
    keyboard.type(text)
    keyboard.press("Enter")


def typed_target(control):
    """A value to type, a quarter of the range away from one end: the one further away."""
    value, low, high, step = position(control)
    quarters = [low + round(share * (high - low) / step) * step for share in (0.25, 0.75)]
    return f"{round(max(quarters, key=lambda number: abs(number - value)), 3)}"


def by_keyboard(explorer):
    """Move every control by keys, and see that the widget answers each time."""
    if explorer.get_by_role("button", name="Train").count():
        return check_training(explorer, lambda button: button.press("Enter"))
    for control in controls(explorer):
        name = control.label
        if control.kind == "pad":
            pad_by_keyboard(explorer, control)
            continue
        if control.kind == "toggle":
            check_move(explorer, lambda c=control: press(c, "Enter"), f"{name}: Enter")
            continue
        key = "ArrowRight" if inwards(control) > 0 else "ArrowLeft"
        check_move(explorer, lambda c=control, k=key: press(c, k), f"{name}: {key}")
        if control.kind == "number":
            text = typed_target(control)
            check_move(explorer, lambda c=control, t=text: type_in(c, t), f"{name}: {text} typed")
            kept = float(control.field.input_value())
            assert abs(kept - float(text)) < 2e-3, f"{name}: {text} isn't kept"
            continue
        key = "ArrowDown" if inwards(control) > 0 else "ArrowUp"
        check_move(explorer, lambda c=control, k=key: c.field.press(k), f"{name}: {key} in list")


def pad_by_keyboard(explorer, pad):
    """Draw a stroke with the keys, and take it back with the button."""

    def stroke():
        for key, times in (("ArrowLeft", 3), (" ", 1), ("ArrowDown", 8), (" ", 1)):
            press(pad, key, times)

    check_move(explorer, stroke, "a stroke by keys")
    undo, clear = (explorer.get_by_role("button", name=name) for name in ("Undo stroke", "Clear"))
    check_move(explorer, lambda: undo.press("Enter"), "Undo stroke by Enter")
    check_move(explorer, stroke, "a second stroke by keys")
    check_move(explorer, lambda: clear.press(" "), "Clear by space")


def by_mouse(explorer):
    """Move every control with the mouse, drag on the image, and see that the widget answers."""
    if explorer.get_by_role("button", name="Train").count():
        return check_training(explorer, lambda button: button.click())
    for control in controls(explorer):
        if control.kind == "pad":
            pad_by_mouse(explorer, control)
            continue
        if control.kind == "toggle":
            check_move(explorer, control.slider.click, f"{control.label}: click")
            continue
        for share in (0.8, 0.3) if inwards(control) > 0 else (0.2, 0.7):
            what = f"{control.label}: click at {share:.0%}"
            check_move(explorer, lambda c=control, s=share: click_track(c, s), what)
    if explorer.locator("canvas[data-draggable]").count():
        check_drag(explorer)


def check_training(explorer, press):
    """Train for a moment; most of a playground's controls show only then."""
    button = lambda name: explorer.get_by_role("button", name=name)  # noqa: E731
    before = settle(explorer)
    press(button("Train"))
    assert wait_for_change(explorer, before), "Train: nothing changed"
    press(button("Pause"))
    check_move(explorer, lambda: press(button("Start again")), "Start again")


def click_track(control, share):
    """Click on the slider's track at a fraction of its length."""
    control.slider.page.mouse.click(*pixels(control.slider, [(share, 0.5)])[0])


def check_drag(explorer):
    """Drag on the image: another image, and some control moves with it."""
    image = explorer.locator(".vae-picture")
    # A control may be at its end already: then the other direction must do something.
    for here in ((0.36, 0.4), (0.14, 0.6)):
        before, old = settle(explorer), [position(c)[0] for c in controls(explorer)]
        drag(image, [(0.25, 0.5), here])
        if wait_for_change(explorer, before, 2):
            settle(explorer)
            assert old != [position(c)[0] for c in controls(explorer)], "no control moved along"
            check_agreement(explorer)
            return
    raise AssertionError("dragging on the image: nothing changed")


def drag(target, points):
    """Press the mouse at the first point, move it along the others, release it."""
    first, *others = pixels(target, points)
    mouse = target.page.mouse
    mouse.move(*first)
    mouse.down()
    for point in others:
        mouse.move(*point, steps=5)
    mouse.up()


def pixels(target, points):
    """Where points (x, y), given as fractions of a ``Locator``'s box, are on the page."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def pad_by_mouse(explorer, pad):
    """Draw two strokes, take one back, clear the pad."""
    undo, clear = (explorer.get_by_role("button", name=name) for name in ("Undo stroke", "Clear"))
    upright, across = [(0.5, 0.2), (0.5, 0.8)], [(0.3, 0.5), (0.7, 0.5)]
    check_move(explorer, lambda: drag(pad.slider, upright), "a stroke by mouse")
    check_move(explorer, lambda: drag(pad.slider, across), "a second stroke by mouse")
    check_move(explorer, undo.click, "Undo stroke")
    check_move(explorer, clear.click, "Clear")


def barriers(page):
    """What axe-core finds serious."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{rule['id']}: {node['html'][:150]}: {node['failureSummary']}"
        for rule in Axe().run(page, options={"preload": False}).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def main():
    """Say which browser the tests take."""
    print(find_browser() or NO_BROWSER)
    return int(find_browser() is None)


if __name__ == "__main__":
    sys.exit(main())
