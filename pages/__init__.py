"""What the pages, the handouts and the assignments share."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)  # a notebook's word on where a number is from
