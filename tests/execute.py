"""Execute notebooks whole and in order, and store them as the repository keeps them.

Run as ``python -m tests.execute notebooks/04_autoencoder.ipynb ...``. A notebook that fails stays
as it was. Without time stamps, versions of this machine, and widgets' state and views: a stored
view points to a widget that is gone, and shows an error in place of the sentence beside it.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests.nbval_numbers import WIDGET
from vae_tutorial.data._files import atomic_write

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def executed(notebook, folder):
    """The notebook with fresh outputs, cleaned."""
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    return notebook


def main(paths):
    """Execute and store each notebook."""
    for path in map(Path, paths):
        notebook = executed(nbformat.read(path, as_version=4), path.resolve().parent)
        with atomic_write(path) as file:
            file.write(nbformat.writes(notebook).encode() + b"\n")
        print(f"stored {path.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
