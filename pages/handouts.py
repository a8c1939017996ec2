"""``make handouts``: material for a class, written into ``build/handouts``.

Each notebook without outputs and without worked answers, and each widget as one HTML file.
"""

import re
import shutil
import sys

import nbformat

from pages import NOTEBOOKS, ROOT
from play.pictures_to_touch import every_widget
from vae_tutorial.data import load_images

OUT = ROOT / "build" / "handouts"
ANSWER = re.compile(r"<details>.*?</details>\s*", re.DOTALL)


def handout(notebook):
    """A notebook as it is before anyone has run or answered anything."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = ANSWER.sub("", cell.source)
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    return notebook


def main():
    """Write everything."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        nbformat.write(handout(nbformat.read(path, as_version=4)), OUT / path.name)
    for (number, name), widget in every_widget(load_images("mnist")).items():
        widget.save_html(OUT / f"{number}_{name}.html")
    print(f"wrote {len(list(OUT.iterdir()))} files into {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
