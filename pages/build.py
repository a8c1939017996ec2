"""``make site``: the series as pages, from the stored notebooks, with widgets that need no kernel.

No notebook is run: the pages show the stored outputs, and the widgets of the classroom page, around
small networks that ship or train within seconds. Needs no network.
"""

import json
import re
import shutil
import sys
import time
from base64 import b64decode

import nbformat
from nbformat.v4 import new_markdown_cell

from pages import COMMENT, NOTEBOOKS, ROOT
from pages.links import run_links, with_address
from play.pictures_to_touch import every_widget
from vae_tutorial.data import load_images
from vae_tutorial.widgets.explorer import HERE
from vae_tutorial.widgets.page import widget_html, write_page

SOURCE, OUT = ROOT / "build" / "pages", ROOT / "build" / "site"
READING = re.compile(r"^## Further reading\s*$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
PREDICT = re.compile(r"^\*\*Predict:\*\* (.*?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
WIDGET = re.compile(r"^(?:\w+ = )?widgets\.(\w+)\(", re.MULTILINE)


def write_widgets(static):
    """A script, and a page of its own, for each widget of the classroom page; returns their names.

    A notebook's page loads the script beside its text, which can be read before; the page is for a
    projector. "05_CodeMap" is notebook 05's, where it differs from the others.
    """
    for name in ("widgets", "full"):
        (static / name).mkdir(parents=True)
    files = (ROOT / "pages" / "late.js", HERE / "host.js", HERE / "explorer.js")
    shared = "\n".join(path.read_text("utf-8") for path in files)
    (static / "widgets.js").write_text(shared, "utf-8")
    shutil.copy(HERE / "explorer.css", static / "widgets.css")
    names = []
    for (number, kind), widget in every_widget(load_images("mnist")).items():
        names.append(name := f"{number}_{kind}")
        html = widget_html(widget, name)
        state, script = re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)
        script = script.replace(f'host(widget, "{name}")', "host(widget, place.id)")
        text = SCRIPT % (name, json.dumps(state), script)
        (static / "widgets" / f"{name}.js").write_text(text, "utf-8")
        words = re.sub("(?=[A-Z])", " ", kind).strip().lower()
        write_page(static / "full" / f"{name}.html", f"{number} · {words}", [widget])
    return names


def name_of(kind, number, names):
    """The widget of a kind that belongs on a notebook's page: its own, or the first."""
    alike = [name for name in names if name.endswith(f"_{kind}")]
    return next((name for name in alike if name.startswith(number)), alike[0])


SCRIPT = """for (const place of document.querySelectorAll('[data-widget="%s"]')) {
const state = Object.assign(document.createElement("script"), { type: "application/json" });
state.textContent = %s;
place.replaceChildren(state);
%s
}
"""


def place_of(name, id_, root, first):
    """Where a widget goes on a page that lies ``root`` below the front page.

    The first one on a page is loaded before the others.
    """
    script = f"{root}_static/widgets/{name}.js"
    later = "" if first else f' data-script="{script}"'
    place = f'<div class="vae-place" id="{id_}" data-widget="{name}"{later}>'
    place += "<p>This picture to touch needs JavaScript.</p></div>"
    if first:
        place += f'\n<script src="{script}" async fetchpriority="high"></script>'
    return place


def page_of(path, names):
    """A notebook as Sphinx takes it: widgets in the place of the text that stands for them."""
    notebook = nbformat.read(path, as_version=4)
    first = True
    notebook.cells.insert(1, new_markdown_cell(run_links(path.stem, "../")))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = COMMENT.sub("", cell.source)
            continue
        if cell.metadata.get("jupyter", {}).get("outputs_hidden"):
            cell.metadata.setdefault("tags", []).append("hide-output")
        for output in cell.outputs:
            text = output.get("data", {}).get("text/plain", "")
            if text.endswith("Try it in JupyterLab or on Binder."):
                kind = WIDGET.findall(cell.source)[-1]
                html = place_of(name_of(kind, path.stem[:2], names), kind, "../", first)
                first = False
                output.data = {"text/html": html}
    return notebook


def front_page(text, notebooks, folder):
    """The front page, with its widget and with pictures from the notebooks."""
    folder.mkdir()

    def figure(found):
        number, id_, words = found.groups()
        [cell] = [cell for cell in notebooks[number].cells if cell.id == id_]
        [png] = [o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})]
        (folder / f"{id_}.png").write_bytes(b64decode(png))
        return f"![{words}]({folder.name}/{id_}.png)"

    text = re.sub(r"FIGURE:(\d\d):([\w-]+):(.*)", figure, text)
    text = re.sub(r"WIDGET:(\w+)", lambda found: place_of(found[1], "widget", "", True), text)
    stems = "\n".join(f"notebooks/{path.stem}" for path in sorted(NOTEBOOKS.glob("*.ipynb")))
    return text.replace("NOTEBOOKS", stems)


def bibliography(notebooks):
    """All that the notebooks recommend, by notebook."""
    parts = ["# Bibliography\n\nWhat the notebooks recommend for further reading."]
    for notebook in notebooks.values():
        title = notebook.cells[0].source.split("\n")[0]
        text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        parts.append(f"#{title}\n\n{READING.search(text)[1].strip()}")
    return "\n\n".join(parts) + "\n"


def worksheets(notebooks, guide):
    """The lesson's questions, and every question before a result, with room to write."""
    room = '\n\n<div class="room" role="presentation"></div>'
    asked = [row.split(" | ")[2] for row in guide.split("\n") if re.match(r"\| \d+ to \d+ \|", row)]
    parts = ["# Worksheets", "## One lesson: what is it, and why the noise?"]
    parts += [question + room for question in asked]
    for notebook in notebooks.values():
        parts.append(f"#{notebook.cells[0].source.splitlines()[0]}")
        heading = []
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                heading = re.findall(r"^##+ (.*)", cell.source, re.MULTILINE) or heading[-1:]
                for question in PREDICT.findall(cell.source):
                    about = f"*{heading[-1]}* {question[:1].upper()}{question[1:]}"
                    parts.append(about.strip() + room)
    return "\n\n".join(parts) + "\n"


FIGURE = re.compile(r"\[([^]]+)\]\(notebooks/(\w+)\.ipynb#(\w+)\)")


def link_figures(text, names):
    """Links to a notebook's widget as a page has them, and to the widget alone."""

    def both(found):
        words, stem, kind = found.groups()
        alone = f"_static/full/{name_of(kind, stem[:2], names)}.html"
        place = f'<a href="notebooks/{stem}.html#{kind}">{words}</a>'
        return f'{place} (<a href="{alone}">full screen</a>)'

    return FIGURE.sub(both, text)


def write_source():
    """All that Sphinx reads, in ``SOURCE``."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    for path in (ROOT / "pages").iterdir():
        if path.suffix == ".md":
            # On GitHub they lie beside the notebooks, and as pages above them.
            text = path.read_text("utf-8").replace("](../notebooks/", "](notebooks/")
            (SOURCE / path.name).write_text(with_address(text), "utf-8")
        elif path.suffix == ".svg" or path.name == "conf.py":
            shutil.copy(path, SOURCE)
    names = write_widgets(SOURCE / "_static")
    shutil.copy(ROOT / "pages" / "pages.css", SOURCE / "_static")
    notebooks = {p.stem[:2]: page_of(p, names) for p in sorted(NOTEBOOKS.glob("*.ipynb"))}
    (SOURCE / "notebooks").mkdir()
    for path in NOTEBOOKS.glob("*.ipynb"):
        nbformat.write(notebooks[path.stem[:2]], SOURCE / "notebooks" / path.name)
    index = (SOURCE / "index.md").read_text("utf-8")
    text = front_page(index, notebooks, SOURCE / "story")
    (SOURCE / "index.md").write_text(text, "utf-8")
    guide = SOURCE / "for_teachers.md"
    guide.write_text(link_figures(guide.read_text("utf-8"), names), "utf-8")
    sheets = worksheets(notebooks, guide.read_text("utf-8"))
    (SOURCE / "worksheets.md").write_text(sheets, "utf-8")
    (SOURCE / "bibliography.md").write_text(bibliography(notebooks), "utf-8")


def patient(html):
    """A page that loads its pictures when they are scrolled to, and its menus after its text."""
    html = html.replace("<img ", '<img loading="lazy" ')
    html = re.sub(r'<link rel="preload" as="script" [^>]*>', "", html)
    search = r'<script (src="[^"]*/?(?:searchtools|language_data|searchindex|sphinx_highlight)\.js)'
    return re.sub(search, r"<script defer \1", html)


def main():
    """Write the pages, and say where they are."""
    from sphinx.cmd.build import main as sphinx

    start = time.perf_counter()
    write_source()
    shutil.rmtree(OUT, ignore_errors=True)
    failed = sphinx(["-j", "auto", "-W", "--keep-going", "-q", str(SOURCE), str(OUT)])
    if not failed:
        for path in OUT.rglob("*.html"):
            path.write_text(patient(path.read_text("utf-8")), "utf-8")
        # 1.6 MB of icons, which the theme's font holds, too.
        (OUT / "_static" / "scripts" / "fontawesome.js").write_text("", "utf-8")
        megabytes = sum(path.stat().st_size for path in OUT.rglob("*") if path.is_file()) / 1e6
        front, seconds = (OUT / "index.html").relative_to(ROOT), time.perf_counter() - start
        print(f"wrote {front}: {megabytes:.1f} MB in {seconds:.0f} s")
    return failed


if __name__ == "__main__":
    sys.exit(main())
