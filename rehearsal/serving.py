"""WSGI applications on loopback: the way in which every emulated service is served."""

import logging
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


class QuietHandler(WSGIRequestHandler):
    """Speaks HTTP/1.1, so that clients keep their connections, and logs errors only."""

    protocol_version = "HTTP/1.1"

    def connection_dropped(self, *_args: Any, **_kwargs: Any) -> None:
        """Read nothing more from a connection that has ended, also when we have cut it ourselves."""
        self.close_connection = True

    def log_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Leave requests out of the log."""


def server(app: Any, *, port: int = 0, tls: ssl.SSLContext | None = None) -> BaseWSGIServer:
    """Give a server bound to loopback, one thread a request; port 0 takes a free one."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    return make_server("127.0.0.1", port, app, threaded=True, request_handler=QuietHandler, ssl_context=tls)


@contextmanager
def served(app: Any, *, port: int = 0, tls: ssl.SSLContext | None = None) -> Generator[str]:
    """Serve an application for the length of a block; gives its URL."""
    made = server(app, port=port, tls=tls)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{made.server_port}"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()
