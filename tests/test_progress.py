"""The progress line: one line in a terminal or a notebook, gone at the end, nothing elsewhere."""

import io
from types import SimpleNamespace

import pytest

from tests.test_models import PIXELS, small_autoencoder
from vae_tutorial import progress
from vae_tutorial.training import train


class Terminal(io.StringIO):
    """What a terminal shows in its current line."""

    def isatty(self):
        return True

    @property
    def line(self):
        return self.getvalue().rsplit("\r", 1)[-1].replace("\x1b[K", "")


class Handle:
    """A display area of a notebook, with all that it has shown."""

    def __init__(self):
        self.shown = []

    def update(self, bundle, raw):
        assert raw
        self.shown.append(bundle)


@pytest.fixture
def terminal(monkeypatch):
    """A terminal in place of stderr."""
    terminal = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=terminal))
    return terminal


@pytest.fixture
def notebook(monkeypatch):
    """A notebook's kernel, and the display area that it makes."""
    handle = Handle()

    def display(bundle, raw, display_id):
        assert raw and display_id
        handle.shown.append(bundle)
        return handle

    monkeypatch.setattr(progress, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(progress, "display", display)
    return handle


def test_in_a_terminal_one_line_is_written_over_and_taken_away(terminal, capfd):
    line = progress.Progress(12_000)
    line.show(5_000, "loss 3.25")
    assert terminal.line == "5,000 of 12,000 · loss 3.25"
    line.show(12_000, "x")
    assert terminal.line == "12,000 of 12,000 · x"
    line.close()
    assert terminal.line == "" and "\n" not in terminal.getvalue()
    assert capfd.readouterr() == ("", "")


def test_in_a_notebook_one_area_is_updated_and_emptied(notebook, capfd):
    line = progress.Progress(20)
    line.show(10, "loss 3.25")
    line.close()
    texts = [bundle["text/plain"] for bundle in notebook.shown]
    assert texts == ["", "10 of 20 · loss 3.25", ""]
    assert all(set(bundle) == {"text/plain"} for bundle in notebook.shown)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("shell", [None, SimpleNamespace()], ids=["python", "ipython"])
def test_into_a_pipe_nothing_is_written(shell, monkeypatch, capfd):
    monkeypatch.setattr(progress, "get_ipython", lambda: shell)
    line = progress.Progress(20)
    line.show(10, "loss")
    line.close()
    assert capfd.readouterr() == ("", "")


def test_training_counts_up_and_leaves_nothing_behind(terminal):
    train(small_autoencoder(), PIXELS, steps=3)
    assert "3 of 3 · loss " in terminal.getvalue() and terminal.line == ""


def test_training_without_progress_writes_nothing(terminal, notebook):
    train(small_autoencoder(), PIXELS, steps=2, show_progress=False)
    assert terminal.getvalue() == "" and notebook.shown == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_training_that_stops_midway_leaves_no_line(error, terminal):
    def stop():
        raise error

    with pytest.raises(error):
        train(small_autoencoder(), PIXELS, steps=5, snapshot=stop, snapshot_steps=[3])
    assert "2 of 5" in terminal.getvalue() and terminal.line == ""
