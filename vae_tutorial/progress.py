"""The one progress display: a line that counts up, in a notebook or in a terminal."""

import sys

from IPython import get_ipython
from IPython.display import display


class Progress:
    """One line that counts up, in a notebook or in a terminal, and leaves nothing behind."""

    def __init__(self, total):
        self._total = total
        shell = get_ipython()
        self._in_notebook = shell is not None and hasattr(shell, "kernel")
        self._in_terminal = not self._in_notebook and sys.stderr.isatty()
        if self._in_notebook:
            self._line = display(_plain(""), raw=True, display_id=True)

    def show(self, done, text=""):
        """Say how much is done, and something about it."""
        line = f"{done:,} of {self._total:,} · {text}"
        if self._in_notebook:
            self._line.update(_plain(line), raw=True)
        elif self._in_terminal:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()

    def close(self):
        """Take the line away."""
        if self._in_notebook:
            self._line.update(_plain(""), raw=True)
        elif self._in_terminal:
            sys.stderr.write("\r\x1b[K")


def _plain(text):
    return {"text/plain": text}
