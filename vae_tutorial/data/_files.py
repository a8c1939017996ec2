"""Files that are whole or not there: atomic writing, and checksums."""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path


@contextlib.contextmanager
def atomic_write(path):
    """A new binary file that replaces ``path`` atomically once the body has ended.

    Whoever reads ``path`` sees the whole old file or the whole new one: also after an error in the
    body, after a kill (which may leave a hidden ``.part`` file), and while others write it too.
    A symbolic link is followed, and stays.

    Raises:
        OSError: if the file can't be written; an earlier file of that name is as it was.
    """
    path = Path(os.path.realpath(path))
    # In the same folder, because a file can be replaced atomically only within one file system.
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # the bytes are on the disk before the name points to them
        os.replace(part, path)
    finally:
        with contextlib.suppress(OSError):  # gone, once it has replaced the file
            part.unlink()


def sha256(path):
    """The SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
