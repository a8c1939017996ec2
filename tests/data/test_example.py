"""The example folder: pictures of several kinds and sizes, the same each time."""

import numpy as np
from PIL import Image

from vae_tutorial.data import DRAWINGS, example_folder, load_folder


def test_it_holds_snapshots_of_each_drawing_that_load_folder_reads(tmp_path):
    example_folder(tmp_path / "new" / "toys", 6)
    images = load_folder(tmp_path / "new" / "toys", (32, 32))
    assert images.class_names == tuple(sorted(DRAWINGS))
    labels = np.concatenate([images.y_train, images.y_test])
    assert np.bincount(labels).tolist() == [6] * 4
    files = sorted((tmp_path / "new" / "toys" / "cat").iterdir())
    assert {file.suffix for file in files} == {".jpg", ".png", ".webp"}
    assert len({Image.open(file).size for file in files}) > 1
    everything = np.concatenate([images.x_train, images.x_test])
    assert len({image.tobytes() for image in everything}) == 24  # each looks different


def test_the_seed_decides(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        example_folder(tmp_path / name, 2, seed)
    first, same, other = ((tmp_path / name / "cat" / "0001.png").read_bytes() for name in "abc")
    assert first == same != other
