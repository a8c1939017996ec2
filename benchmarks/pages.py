"""How long the pages of ``make site`` take over a slow line until their first widget answers.

``python -m benchmarks.pages``, after ``make site`` and with Chromium; a minute on two cores.

Each page is opened afresh, nothing cached, over the line that Lighthouse calls slow 4G: 1.6 million
bits a second, 150 ms for a way there and back. Files are sent zipped, as web servers do. Seconds
are from the call to the first sentence of the first widget, and of the last one, which is loaded
later; kB is what went over the line in the end.
"""

import gzip
import http.server
import sys
import threading
import time
from pathlib import Path

from tests import browser

SITE = Path(__file__).parent.parent / "build" / "site"
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
ZIPPED = (".html", ".css", ".js", ".svg", ".json")


class Zipping(http.server.SimpleHTTPRequestHandler):
    """Serves the pages, texts zipped, and counts the bytes."""

    sent = 0

    def do_GET(self):
        """One file."""
        path = SITE / self.path.split("?")[0].lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        zipped = path.suffix in ZIPPED
        content = gzip.compress(content) if zipped else content
        self.send_response(200)
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        Zipping.sent += len(content)

    def log_message(self, *_):
        """Nothing."""


def seconds(chromium, url):
    """From the call to the first widget's first sentence, and to the last widget's."""
    page, _ = browser.open_page(chromium)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function("document.querySelector('.vae-explorer [role=status]')?.textContent")
    first = time.perf_counter() - start
    page.wait_for_function(
        "[...document.querySelectorAll('.vae-place')]"
        ".every((place) => place.querySelector('[role=status]')?.textContent)"
    )
    whole = time.perf_counter() - start
    page.wait_for_load_state("networkidle")
    page.context.close()
    return first, whole


def main():
    """Prints a line for each page with a widget."""
    if not (SITE / "index.html").is_file():
        sys.exit("There are no pages: run make site first")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Zipping)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{'page':44} first widget   last      kB")
    with browser.chromium() as chromium:
        for path in [SITE / "index.html", *sorted((SITE / "notebooks").glob("*.html"))]:
            if "data-widget" in path.read_text("utf-8"):
                Zipping.sent, name = 0, path.relative_to(SITE).as_posix()
                first, whole = seconds(chromium, f"http://127.0.0.1:{server.server_port}/{name}")
                print(f"{name:44} {first:8.1f} s {whole:8.1f} s {Zipping.sent / 1000:6.0f}")
    server.shutdown()


if __name__ == "__main__":
    main()
