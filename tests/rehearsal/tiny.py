"""A rehearsal cloud of one web server with a child; the seed of its chaos is how it fails to start."""

import sys
import time
from pathlib import Path

from rehearsal import processes
from rehearsal.clouds import Running, Truth

PARTS: tuple[str, ...] = ()
TRUTH = Truth(real=("a web server",), emulated=("a | cloud",), not_imitated=("everything else",))
DIES, SLOW = "2", "3"
SECRET = 'it\'s a $HOME `of` "quotes"'  # noqa: S105 -- characters that a shell must not touch
SERVER = """
import http.server, subprocess, sys
subprocess.Popen(["sleep", "1000"], start_new_session=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def up(folder: Path, chaos: str | None) -> Running:
    if chaos == DIES:
        server = processes.start(folder, "server", ["sh", "-c", "echo no disk is left; exit 3"])
        processes.wait_port(server, 1)
    port = processes.free_port()
    server = processes.start(folder, "server", [sys.executable, "-c", SERVER, str(port)])
    processes.wait_http(server, f"http://127.0.0.1:{port}/")
    if chaos == SLOW:
        time.sleep(30)
    staging = f"file://{folder / 'staging'}"
    return Running(
        cluster={"kind": "local", "staging": staging, "python": sys.executable, "parallel": 1},
        env={"TINY_SECRET": SECRET},
        addresses={"server": f"http://127.0.0.1:{port}"},
        path=[str(folder / "it's bin")],
    )
