"""Sets one document, as a program of its own: JSON comes in, a PDF goes out.

A typesetter keeps what it has set for the next time: after a document of ten thousand lines it holds 680 MB. So it ends
with the document, and a limit of memory and time is its own and not the server's. It is given nothing but the document.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
from base64 import b64decode
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import typst

_MEMORY_BYTES_MAX: Final = 3 * 1_024**3
_CPU_S_MAX: Final = 30


def main() -> None:
    """Read the document from standard input, write the PDF to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S_MAX, _CPU_S_MAX))
    document = json.load(sys.stdin.buffer)
    logo = document["logo"]
    # The typesetter sees nothing but this folder.
    with TemporaryDirectory(prefix="harbor-document-") as folder:
        place = Path(folder)
        if logo is not None:
            (place / f"logo.{logo['ending']}").write_bytes(b64decode(logo.pop("data")))
        shutil.copyfile(Path(__file__).parent / "document.typ", place / "document.typ")
        made = typst.compile(place / "document.typ", root=place, sys_inputs={"document": json.dumps(document)})
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
