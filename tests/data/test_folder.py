"""A folder of one's own: pictures of all kinds are read right, bad files are named, none is run."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from vae_tutorial.data import DataError, load_folder

RED, GREEN, BLUE = (200, 30, 40), (20, 180, 60), (30, 40, 220)


def two_halves(size=(80, 40), left=RED, right=BLUE):
    """A picture whose left half has one color, and its right half another."""
    image = Image.new("RGB", size, right)
    image.paste(left, (0, 0, size[0] // 2, size[1]))
    return image


def colors(image):
    """What a picture of two halves shows at the left, and at the right."""
    height, width = image.shape[:2]
    return image[height // 2, width // 8].astype(int), image[height // 2, -width // 8].astype(int)


def png16(path, value):
    """A gray PNG of 16 bits."""
    Image.fromarray(np.full((40, 40), value, np.uint16)).save(path)


def write_good(folder):
    """43 files of all kinds; all but the five gray ones are red at the left, blue at the right."""
    plain = two_halves()
    kinds = ["jpg", "jpeg", "png", "webp", "tif", "tiff", "gif", "bmp", "JPG", "PNG"]
    for i, kind in enumerate(kinds):
        options = {"quality": 95} if kind.lower() in ("jpg", "jpeg", "webp") else {}
        two_halves((80 + i, 40 + 2 * i)).save(folder / f"plain {i}.{kind}", **options)
    for orientation in range(1, 9):  # stored turned or mirrored, as a camera does
        back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # of Image.Transpose, undoing it
        stored = plain.transpose(Image.Transpose(back[orientation])) if orientation > 1 else plain
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored.save(folder / f"camera {orientation}.jpg", quality=95, exif=exif)
    plain.convert("CMYK").save(folder / "print.jpg", quality=95)
    plain.convert("CMYK").save(folder / "print.tif")
    plain.quantize(8).save(folder / "palette.png")
    plain.quantize(8).save(folder / "palette.gif")
    plain.convert("YCbCr").save(folder / "video.tif")
    clear = plain.convert("RGBA")
    clear.putalpha(Image.new("L", plain.size, 255))
    clear.save(folder / "opaque.png")
    clear.save(folder / "opaque.webp", lossless=True)
    more = {"save_all": True, "append_images": [two_halves(left=GREEN, right=GREEN)]}
    plain.save(folder / "moving.gif", **more)
    plain.save(folder / "moving.webp", lossless=True, **more)
    plain.save(folder / "pages.tif", **more)
    for i in range(5):
        two_halves((40 + 60 * i, 300)).save(folder / f"shape {i}.png")
    plain.save(folder / "name with spaces, ünïcode & $HOME.png")
    for i in range(4):
        two_halves((40, 80)).resize((200, 200)).save(folder / f"large {i}.png")
    gray = folder / "gray"
    gray.mkdir()
    png16(gray / "16 bits.png", 100 * 257)
    Image.fromarray(np.full((40, 40), 100 * 257, np.uint16)).save(gray / "16 bits.tif")
    Image.new("L", (30, 50), 100).save(gray / "8 bits.png")
    Image.new("LA", (30, 50), (100, 255)).save(gray / "with alpha.png")
    Image.new("1", (30, 50), 1).save(gray / "bits.png")


def bomb(path):
    """A PNG of a few bytes that claims 60,000 x 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def write_bad(folder, outside):
    """15 of them; returns their names, but for those that aren't pictures by their names."""
    two_halves().save(folder / "whole.jpg")
    two_halves((400, 400)).save(folder / "whole.png")
    whole = {kind: (folder / f"whole.{kind}").read_bytes() for kind in ("jpg", "png")}
    (folder / "whole.jpg").unlink(), (folder / "whole.png").unlink()
    (folder / "empty.jpg").touch()
    (folder / "empty.png").touch()
    (folder / "cut.jpg").write_bytes(whole["jpg"][:300])
    (folder / "cut.png").write_bytes(whole["png"][: len(whole["png"]) // 2])
    (folder / "text.jpg").write_text("this is not a picture")
    (folder / "page.png").write_text("<html><script>alert(1)</script></html>")
    (folder / "zeros.tif").write_bytes(bytes(1000))
    (folder / "noise.webp").write_bytes(np.random.default_rng(0).bytes(1000))
    (folder / "script.gif").write_text("#!/bin/sh\ntouch executed\n")
    (folder / "postscript.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    bomb(folder / "bomb.png")
    (folder / "flipped.png").write_bytes(whole["png"][:60] + b"\xff" * 20 + whole["png"][80:])
    two_halves().save(outside / "secret.png")
    (folder / "link.png").symlink_to(outside / "secret.png")
    (folder / "dangling.png").symlink_to(folder / "nowhere.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    bad = {path.name for path in folder.iterdir() if path.is_file() or path.is_symlink()}
    (folder / "x.png").mkdir()  # a folder
    for name in ("notes.txt", "IMG_1.HEIC", "IMG_2.heic"):
        (folder / name).write_text("left alone")
    (folder / ".hidden.png").write_text("left alone")
    (folder / "linked folder").symlink_to(outside, target_is_directory=True)
    return bad


@pytest.fixture
def root(tmp_path):
    """A folder of good files."""
    (tmp_path / "mine").mkdir()
    write_good(tmp_path / "mine")
    return tmp_path / "mine"


def test_files_of_all_kinds_are_read_right(root, capsys):
    images = load_folder(root, (32, 32), shape="pad", test_share=0.2)
    assert capsys.readouterr().out == ""
    assert images.class_names == ("gray", "mine") and images.x_train.shape[1:] == (32, 32, 3)
    assert len(both(images, "y")) == 38 + 5 and 2 <= len(images.x_test) <= 18
    cropped = load_folder(root, (32, 32), shape="crop")
    x, y = both(cropped, "x"), both(cropped, "y")
    for image in x[y == 1]:
        left, right = colors(image)
        assert np.abs(left - RED).max() < 25 and np.abs(right - BLUE).max() < 25
    assert sorted(x[y == 0][:, 16, 16, 0].tolist()) == [100, 100, 100, 100, 255]


def both(images, part):
    """The training part of ``x`` or ``y``, and the test part."""
    return np.concatenate([getattr(images, f"{part}_train"), getattr(images, f"{part}_test")])


def test_bad_files_are_named_in_one_line_each_and_nothing_else_is_lost(root, tmp_path, capsys):
    (tmp_path / "outside").mkdir()
    before = len(both(load_folder(root, (16, 16)), "y"))
    (root / "bad").mkdir()
    bad = write_bad(root / "bad", tmp_path / "outside")
    capsys.readouterr()
    images = load_folder(root, (16, 16))
    lines = capsys.readouterr().out.splitlines()
    lines.remove("passed over 2 .heic, 1 .txt: it reads JPEG, PNG, WEBP, TIFF, GIF, BMP")
    assert len(bad) == len(lines) == 15
    named = {line.removeprefix("left out bad/").partition(":")[0] for line in lines}
    assert named == bad and all(": " in line and len(line) < 200 for line in lines)
    assert len(both(images, "y")) == before and "bad" not in images.class_names
    assert not (root / "executed").exists() and not (root / "bad" / "executed").exists()


def test_nobodys_permission_is_needed_for_the_rest(root, capsys):
    if os.geteuid() == 0:
        pytest.skip("root may read all")
    (root / "plain 2.png").chmod(0)
    load_folder(root, (16, 16))
    assert "left out plain 2.png: " in capsys.readouterr().out


def test_transparent_is_white_and_gray_is_gray(tmp_path):
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    half = Image.new("RGBA", (20, 20), (0, 0, 0, 128))
    half.save(tmp_path / "half.png")
    images = load_folder(tmp_path, (8, 8), gray=True)
    assert images.x_train.shape[1:] == (8, 8)
    assert sorted(both(images, "x")[:, 0, 0].tolist()) == [127, 255]


def test_a_file_stays_where_it_is_when_others_come(tmp_path):
    rng = np.random.default_rng(0)

    def add(names):
        for name in names:
            Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).save(tmp_path / name)

    def test_images():
        images = load_folder(tmp_path, (8, 8), test_share=0.3)
        return {image.tobytes() for image in images.x_test}

    add(f"{i}.png" for i in range(50))
    before = test_images()
    add(f"more {i}.png" for i in range(50))
    after = test_images()
    assert before <= after and 5 < len(before) < 25


def test_more_than_fits_into_memory_lies_on_the_disk(root):
    small, large = (load_folder(root, (16, 16), in_memory=size) for size in (10**9, 1000))
    assert np.array_equal(small.x_train, large.x_train)
    assert np.array_equal(small.y_test, large.y_test)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_pictures_are_an_error(tmp_path, count):
    for i in range(count):
        two_halves().save(tmp_path / f"{i}.png")
    with pytest.raises(DataError, match=f"holds {count} pictures"):
        load_folder(tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        load_folder(tmp_path / "nowhere")
