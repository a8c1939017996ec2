"""A pytest plugin: nbval compares texts exactly, but learned numbers to about their last digit.

Load it with ``python -m pytest -p tests.nbval_numbers --nbval --nbval-current-env notebooks``.
A number out of a training, printed to three significant digits, may differ in the last one on
another processor. So numbers with a decimal point or an exponent may differ by ``RELATIVE`` or by
one unit of the last printed place, whichever is larger (a share, 0.34, by ``SHARE``); all else
must be equal. A cell tagged ``exact`` gets no tolerance; one tagged ``nbval-ignore-output`` is not
compared, as ever.

A picture counts by its presence only, because the text beside it, which no reader sees, holds
addresses; a widget counts by its text. Where MNIST cannot be had nothing is compared: what is
stored is MNIST's.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from decimal import Decimal

import pytest

RELATIVE = Decimal("0.025")  # between thread counts and matrix libraries 2.1 % was seen
SHARE = Decimal("0.02")  # 0.34 of 1,000 pictures has a standard error of 0.015; 0.36 was seen
WIDGET = "application/vnd.jupyter.widget-view+json"
NOT_COMPARED = "notebooks: run only, outputs not compared (stored ones come from MNIST, not here)"

# Leading blanks belong to the number: in an aligned column 99.8 and 100 differ by one of them.
# Version numbers (2.21.0), digits in words (28x28) and an exercise's name are text.
NUMBER = re.compile(
    r"( *(?<![\w.])(?!\d\d\.\d: not answered)[-+]?(?:"
    r"\d*\.\d+(?:[eE][-+]?\d{1,3})?(?!\.?\d)"  # 0.5, .5, 1.25e-3; a unit may follow
    r"|\d+[eE][-+]?\d{1,3}(?!\w|\.\d)"  # 1e-3
    r"|\d+(?!\w|\.\d)"  # 60000
    r"))"
)
IS_MEASURED = re.compile(r"[.eE]")
VARYING = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=\n]+|\b0x[0-9a-fA-F]{6,}\b")


def numbers_agree(stored: str, fresh: str) -> bool:
    """Whether two numbers, as printed, are one result: equal, or measured and within tolerance."""
    if stored == fresh:
        return True
    if not (IS_MEASURED.search(stored) or IS_MEASURED.search(fresh)):
        return False
    a, b = Decimal(stored.strip()), Decimal(fresh.strip())
    same_blanks = stored.count(" ") == fresh.count(" ") or len(stored) == len(fresh)
    last_place = min(Decimal((0, (1,), x.as_tuple().exponent)) for x in (a, b))
    is_share = last_place == Decimal("0.01") and max(abs(a), abs(b)) <= 1
    return same_blanks and abs(a - b) <= max(RELATIVE * abs(a), SHARE if is_share else last_place)


def with_stored_numbers(stored: str, fresh: str) -> str:
    """The fresh text, with each number that agrees with the stored one replaced by it."""
    left, right = NUMBER.split(stored), NUMBER.split(fresh)
    if left[::2] != right[::2]:  # the words between the numbers
        return fresh
    pairs = zip(left[1::2], right[1::2], strict=True)
    right[1::2] = [a if numbers_agree(a, b) else b for a, b in pairs]
    return "".join(right)


def texts(outputs: list) -> dict[str, list]:
    """Where each text stands: ``{stream or MIME type: [(holder, key), ...]}``, in order."""
    found = defaultdict(list)
    for output in outputs:
        if output.output_type == "stream":
            found[output.name].append((output, "text"))
        for mime, value in output.get("data", {}).items():
            if isinstance(value, str):
                found[mime].append((output["data"], mime))
    return found


def comparable(outputs: list) -> list:
    """A copy of a cell's outputs in which nothing varies that may vary."""
    outputs = copy.deepcopy(list(outputs))
    for output in outputs:
        data = output.get("data", {})
        if WIDGET in data:
            # Stored without its view, which would point to a widget that is gone.
            output["data"] = {"text/plain": data.get("text/plain", "")}
        elif any(mime.startswith("image/") for mime in data):
            output["data"] = {"text/plain": "a picture"}
    for places in texts(outputs).values():
        for holder, key in places:
            holder[key] = VARYING.sub("...", holder[key])
    return outputs


def tolerant(strict):
    """nbval's ``IPyNbCell.compare_outputs``, made tolerant for learned numbers."""

    def compare_outputs(self, test, ref, skip_compare=None):
        fresh, stored = comparable(test), comparable(ref)
        if "exact" not in self.cell.metadata.get("tags", []):
            fresh_texts = texts(fresh)
            for kind, places in texts(stored).items():
                for (old, a), (new, b) in zip(places, fresh_texts[kind], strict=False):
                    new[b] = with_stored_numbers(old[a], new[b])
        return strict(self, fresh, stored, skip_compare)

    return compare_outputs


def mnist_is_missing() -> bool:
    """Whether the package has to serve its embedded digits in place of MNIST."""
    from vae_tutorial.data import load_images

    return load_images("mnist").source == "embedded"


def pytest_addoption(parser):
    kind = {"choices": ("auto", "always", "never"), "default": "auto"}
    kind["help"] = "compare outputs with the stored ones; auto: where MNIST is at hand"
    parser.getgroup("nbval").addoption("--nbval-compare", **kind)


def pytest_configure(config):
    if not (config.getoption("nbval", False) or config.getoption("nbval_lax", False)):
        return
    from nbval.plugin import IPyNbCell  # not above: pytest wants to import its plugins itself

    wanted = config.getoption("nbval_compare")
    config.run_only = wanted == "never" or (wanted == "auto" and mnist_is_missing())
    agree = (lambda *_: True) if config.run_only else tolerant(IPyNbCell.compare_outputs)
    patch = pytest.MonkeyPatch()
    patch.setattr(IPyNbCell, "compare_outputs", agree)
    config.add_cleanup(patch.undo)


def pytest_report_header(config):
    return NOT_COMPARED if getattr(config, "run_only", False) else None
