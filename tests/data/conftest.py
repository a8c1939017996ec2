"""The cache in a folder of its own, and a server on localhost in the place of the real ones."""

import pooch
import pytest
import requests

from tests.data import helpers
from vae_tutorial.data import images


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """The cache folder, not yet there; no folder of the user's, and no network."""

    def fail(url, **options):
        raise requests.ConnectionError(f"no route to {url}")

    folder = tmp_path / "my cäche" / "vae"
    monkeypatch.delenv(images.VARIABLE, raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda project: folder)
    monkeypatch.setattr(requests, "get", fail)
    return folder


@pytest.fixture
def server(monkeypatch, cache):
    """A server that holds the small MNIST and Fashion-MNIST, unless its ``site`` is changed."""
    session = requests.Session()
    session.trust_env = False  # a proxy of the machine must not stand between

    def get(url, **options):
        assert url.startswith("https://") and not options["allow_redirects"]
        assert options.get("verify", True) is True and options["timeout"] > 0
        return session.get(f"{server.url}{url.rpartition('/')[2]}", **options)

    with helpers.Server() as server:
        monkeypatch.setattr(requests, "get", get)
        yield server
