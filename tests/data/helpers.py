"""A small MNIST, files that are not it, and a server on localhost in the place of the real one."""

import gzip
import hashlib
import http.server
import io
import os
import pickle
import threading
import time
import zipfile

import numpy as np

from vae_tutorial.data import images

MAX_BYTES = 2**20  # the limit in these tests
GENERATOR = np.random.default_rng(0)
ARRAYS = {  # as in the real files, but few: pixels or labels
    name: GENERATOR.integers(0, 256 if len(shape) > 1 else 10, (shape[0] // 2000, *shape[1:]), "u1")
    for name, shape in images.SHAPES.items()
}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def npy(array, **options):
    """The bytes of an npy file."""
    np.save(file := io.BytesIO(), array, **options)
    return file.getvalue()


def pack(kind=zipfile.ZIP_DEFLATED, **members):
    """The bytes of an npz file of ARRAYS but for ``members``: arrays, bytes, None to leave out."""
    with zipfile.ZipFile(file := io.BytesIO(), "w", kind) as archive:
        for name, content in (ARRAYS | members).items():
            if content is not None:
                raw = content if isinstance(content, bytes) else npy(content)
                archive.writestr(zipfile.ZipInfo(f"{name}.npy"), raw, kind)
    return file.getvalue()


def header(text):
    """The bytes of an npy file with this header, and nothing after it."""
    return b"\x93NUMPY\x02\x00" + len(text).to_bytes(4, "little") + text.encode()


def flipped(content, place):
    """``content`` with one bit changed."""
    return content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]


class Trap:
    """Unpickling it would end the tests."""

    def __reduce__(self):
        return os._exit, (3,)


MNIST = pack()
FASHION = {
    file: gzip.compress(bytes(4 + 4 * ARRAYS[name].ndim) + ARRAYS[name].tobytes(), mtime=0)
    for file, name in images.FASHION_ARRAYS.items()
}
GOOD = {"mnist": {"mnist.npz": MNIST}, "fashion_mnist": FASHION}
SITE = {"mnist.npz": MNIST, **FASHION}
X, Y = npy(ARRAYS["x_train"]), ARRAYS["y_test"]
PROMISE = "{'descr': '|u1', 'fortran_order': False, 'shape': (%s,)}\n"
OBJECTS = npy(np.array([Trap()]), allow_pickle=True)
BOMBS = {
    "zeros": (pack(x_train=np.zeros(32 * MAX_BYTES, "u1")), "it may uncompress to more than"),
    "zeros after an array": (pack(x_train=X + bytes(32 * MAX_BYTES)), "it may uncompress"),
    "long header": (pack(y_train=header(" " * 16 * MAX_BYTES)), "it may uncompress"),
    "bzip2": (pack(zipfile.ZIP_BZIP2), "it may uncompress"),
    "lzma": (pack(zipfile.ZIP_LZMA), "it may uncompress"),
    "a large file": (bytes(2 * MAX_BYTES), "has more than"),
}
BAD_FILES = {  # {what it is: (bytes, words of the error)}
    **BOMBS,
    "empty": (b"", "empty"),
    "cut short": (MNIST[: len(MNIST) // 2], "cut short"),
    "a flipped bit": (flipped(MNIST, len(MNIST) // 2), "damaged"),
    "a web page": (b"<!DOCTYPE html><html>Log in</html>", "this is a web page, not data"),
    "a web page after spaces": (b"\xef\xbb\xbf\r\n  <html></html>", "this is a web page, not data"),
    "text": (b"not found", "damaged"),
    "one array": (X, "damaged"),
    "a bare pickle": (pickle.dumps(Trap()), "damaged"),
    "a pickle as array": (pack(y_test=OBJECTS), "pickled Python objects, which are never opened"),
    "a pickle behind a header": (pack(x_train=X[:128] + pickle.dumps(Trap())), "damaged"),
    "a pickle as member": (pack(y_test=pickle.dumps(Trap())), "y_test must be uint8"),
    "a header that calls": (pack(y_test=header("__import__('os')._exit(3)\n")), "damaged"),
    "a header that nests": (pack(y_test=header("(" * 9000)), "damaged"),
    # NumPy reserves what is promised, but touches only what comes.
    "more than memory": (pack(y_test=header(PROMISE % 2**60)), "damaged"),
    "a negative shape": (pack(y_test=header(PROMISE % -5)), "damaged"),
    "missing arrays": (pack(y_train=None, y_test=None, more=X), "and holds x_train, x_test, more"),
    "no array": (pack(**dict.fromkeys(ARRAYS)), "needs the arrays x_train, .*, and holds none"),
    "another shape": (
        pack(x_test=ARRAYS["x_test"].reshape(5, 784)),
        r"x_test must be uint8 \(5, 28, 28\), not uint8 \(5, 784\)",
    ),
    "another dtype": (pack(y_test=Y / 255), r"y_test must be uint8 \(5,\), not float64"),
    "other labels": (pack(y_test=9 - Y), f"y_test has sha256 [0-9a-f]{{64}}, not {sha256(Y)}"),
}


def expect_small(setattr=setattr):
    """Make these small files the ones that ``load_images`` expects."""
    setattr(images, "SHAPES", {name: array.shape for name, array in ARRAYS.items()})
    setattr(images, "MNIST_HASHES", {name: sha256(array) for name, array in ARRAYS.items()})
    setattr(images, "FILE_HASHES", {file: sha256(content) for file, content in SITE.items()})
    setattr(images, "MAX_BYTES", MAX_BYTES)


def is_right(found):
    """Whether these are the small MNIST's images and labels."""
    return all(np.array_equal(getattr(found, name), array) for name, array in ARRAYS.items())


def fill(folder, files):
    """Write {file name: bytes} into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        (folder / file).write_bytes(content)


def snapshot(folder):
    """{file name: sha256} of a folder, {} where there is none."""
    files = folder.iterdir() if folder.exists() else []
    return {file.name: sha256(file.read_bytes()) for file in files}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the server's ``site``: {file: bytes, or a (status, headers, bytes)}."""

    def do_GET(self):  # noqa: N802
        self.server.asked.append(self.path[1:])
        answer = self.server.site[self.path[1:]]
        status, headers, body = answer if isinstance(answer, tuple) else (200, {}, answer)
        self.send_response(status)
        for field, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(field, str(value))
        self.end_headers()
        for place in range(0, len(body), 4096):
            self.wfile.write(body[place : place + 4096])
            time.sleep(self.server.pause)

    def log_message(self, *arguments):
        """Keep stderr clean, which the tests look at."""


class Server(http.server.ThreadingHTTPServer):
    """Serves the small files from localhost while its ``with`` lasts."""

    daemon_threads = True

    def __init__(self, pause=0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.site, self.asked, self.pause = dict(SITE), [], pause
        self.url = f"http://127.0.0.1:{self.server_port}/"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *error):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that was killed is no error."""
