"""Pages on which widgets live without Jupyter: one HTML file, no kernel, no network."""

import base64
import html
import json
import zlib

import numpy as np

from vae_tutorial.data._files import atomic_write
from vae_tutorial.widgets.explorer import HERE, Explorer

STYLE = """
:root { color-scheme: light dark; }
body { max-width: 1100px; margin: 0 auto; padding: 0 16px 64px; font: 18px/1.5 sans-serif; }
h2 { margin: 56px 0 0; }
"""


def write_page(path, title, parts):
    """Write one HTML file that needs no kernel and no network.

    Args:
        path: where to; a file of that name is replaced.
        title: a text.
        parts: texts, which are HTML, and widgets, each as it is now.
    """
    shared = "\n".join((HERE / name).read_text("utf-8") for name in ("host.js", "explorer.js"))
    style = STYLE + (HERE / "explorer.css").read_text("utf-8")
    body = [
        widget_html(part, f"widget-{i}") if isinstance(part, Explorer) else part
        for i, part in enumerate(parts)
    ]
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{style}</style>
<script>{shared}</script>
</head>
<body>
<main>
<noscript>The pictures on this page need JavaScript.</noscript>
{"".join(body)}
</main>
</body>
</html>
"""
    with atomic_write(path) as file:
        file.write(page.encode())


def widget_html(widget, id_):
    """A widget's state as JSON, and its own script, which finds what all share on the page."""
    names = [part["name"] for part in widget.controls]
    state = {name: getattr(widget, name) for name in ("data", "controls", *names)}
    state = json.dumps(_zipped(state), allow_nan=False).replace("<", "\\u003c")
    script = widget.script.read_text("utf-8").replace("export default", "const widget =")
    return f"""<div id="{id_}"><script type="application/json">{state}</script></div>
<script type="module">{script}
host(widget, "{id_}");
</script>
"""


def _zipped(value):
    """The state with arrays as text: all first bytes, then all second ones, which zips better."""
    if isinstance(value, list):
        return [_zipped(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "$bytes" not in value:
        return {name: _zipped(part) for name, part in value.items()}
    size = np.dtype(value["dtype"]).itemsize
    columns = np.frombuffer(value["$bytes"], np.uint8).reshape(-1, size).T
    return value | {"$bytes": base64.b64encode(zlib.compress(columns.tobytes(), 9)).decode()}
