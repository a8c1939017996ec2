"""Where the series can be run: all links that hold the repository's address, which stands nowhere.

The workflow that publishes the pages knows it, and says so in the environment variable REPOSITORY;
a copy of the repository thus links to itself. Without it the pages leave these links out.

``python -m pages.links`` writes, into ``build/colab``, the notebooks that Colab opens: with one
more cell, which installs. Needs nothing but Python.
"""

import json
import os
import shutil
import sys

from pages import NOTEBOOKS, ROOT

REPOSITORY = os.environ.get("REPOSITORY", "").rstrip("/")
NAME = REPOSITORY.removeprefix("https://github.com/")
# Two builds of TensorFlow in one place don't load, so Colab's own, another version, goes first.
INSTALL = """# Installs the package (this cell is Colab's alone). If you're asked to restart, do.
%pip uninstall --quiet --yes tensorflow
%pip install --quiet git+{repository}
"""


def run_links(stem, root):
    """Where to run a notebook, in Markdown, for a page that lies ``root`` below the front page."""
    links = [f"[in JupyterLab]({root}start.md)"]
    if REPOSITORY:
        path = f"notebooks/{stem}.ipynb"
        binder = f"https://mybinder.org/v2/gh/{NAME}/main?urlpath=lab/tree/{path}"
        colab = f"https://colab.research.google.com/github/{NAME}/blob/colab/{path}"
        links += [f"[on Binder]({binder})", f"[on Colab]({colab})"]
    return "Run it: " + " · ".join(links)


def with_address(text):
    """A page's text with the repository's address, or without the lines that need it."""
    lines = [line for line in text.split("\n") if REPOSITORY or "REPOSITORY" not in line]
    text = "\n".join(lines).replace("REPOSITORY_NAME", NAME)
    return text.replace("REPOSITORY_FOLDER", NAME.split("/")[-1]).replace("REPOSITORY", REPOSITORY)


def write_colab(folder):
    """The notebooks, each with a cell on top that installs the package."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "notebooks").mkdir(parents=True)
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = json.loads(path.read_text("utf-8"))
        source = INSTALL.format(repository=REPOSITORY)
        cell = {"cell_type": "code", "id": "colab", "metadata": {}, "source": source}
        notebook["cells"].insert(1, cell | {"execution_count": None, "outputs": []})
        text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
        (folder / "notebooks" / path.name).write_text(text, "utf-8")


if __name__ == "__main__":
    if not REPOSITORY:
        sys.exit("REPOSITORY must hold the address to install from: https://github.com/...")
    write_colab(ROOT / "build" / "colab")
