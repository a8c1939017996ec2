"""What reading a folder of pictures costs: seconds and memory, as the folder grows.

``python -m benchmarks.folder``; about two minutes on two cores.

Folders of 1,250 to 20,000 JPEGs of 96 x 96 pixels, written for it, are read at 64 x 64 in color,
each in a process of its own, where at most 60 MB may lie in memory: half of what 10,000 need. Peak
MB is what the process itself held, without the pages of the file on the disk.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

COUNTS = (1_250, 2_500, 5_000, 10_000, 20_000)
IN_MEMORY = 60_000_000  # bytes
READ = """
import json, sys, threading, time
import psutil
from vae_tutorial.data import load_folder

peak, done = [0], []
def watch():
    while not done:
        info = psutil.Process().memory_info()
        peak[0] = max(peak[0], info.rss - info.shared)
        time.sleep(0.02)
threading.Thread(target=watch, daemon=True).start()
start = time.perf_counter()
images = load_folder(sys.argv[1], (64, 64), in_memory=int(sys.argv[2]))
seconds = time.perf_counter() - start
total = sum(int(x.sum()) for x in images.x_train[::100])  # read some of them again
done.append(True)
print(json.dumps([len(images.x_train) + len(images.x_test), seconds, peak[0] / 1e6]))
"""


def write(folder, start, stop):
    """JPEGs like photographs: smooth colors with some grain."""
    rng = np.random.default_rng(start)
    for i in range(start, stop):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8)).resize((96, 96))
        grain = rng.integers(-8, 9, (96, 96, 3))
        pixels = np.clip(np.asarray(coarse, int) + grain, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i % 10}" / f"{i}.jpg", quality=90)


def main():
    """Prints the table; ratios are to the first row."""
    with tempfile.TemporaryDirectory() as name:
        folder, written, first = Path(name), 0, None
        for label in range(10):
            (folder / f"{label}").mkdir()
        print("pictures   seconds   ms each   peak MB   time ratio   memory ratio")
        for count in COUNTS:
            write(folder, written, count)
            written = count
            command = [sys.executable, "-c", READ, name, f"{IN_MEMORY}"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found, seconds, peak = json.loads(done.stdout.splitlines()[-1])
            assert found == count
            first = first or (seconds, peak)
            print(
                f"{count:8,} {seconds:9.1f} {1000 * seconds / count:9.2f} {peak:9.0f}"
                f" {seconds / first[0]:12.2f} {peak / first[1]:14.2f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
