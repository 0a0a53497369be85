"""A bad network: a proxy in front of the server that loses answers, is down, or says it is busy."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SENDING = re.compile(r"/api/v1/depots/[^/]+/vouchers/([^/]+)/sending")
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding"})


@dataclass
class Network:
    """What the network does to requests. `sendings` are the ids in the order they came, lost answers included."""

    upstream: int
    port: int = 0
    is_down: bool = False
    drop_every: int = 0  # every n-th answer to a sending is lost after the server has done its work
    busy: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # answers given instead of the server's
    sendings: list[str] = field(default_factory=list)
    rewrite: Callable[[str, dict[str, str], bytes], bytes] | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the browser finds the site."""
        return f"http://127.0.0.1:{self.port}"


def start(network: Network) -> ThreadingHTTPServer:
    """Start the proxy in a thread; the caller shuts it down."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

        def _lose(self) -> None:
            self.close_connection = True
            self.connection.close()

        def _forward(self) -> None:
            if network.is_down:
                return self._lose()
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = SENDING.fullmatch(self.path) if self.command == "POST" else None
            is_lost, canned = False, None
            with lock:
                network.asked.append(f"{self.command} {self.path}")
                if found:
                    if network.busy:
                        canned = network.busy.pop(0)
                    else:
                        network.sendings.append(found[1])
                        is_lost = bool(network.drop_every) and len(network.sendings) % network.drop_every == 0
            if canned:
                return self._answer(canned[0], canned[1], b"")
            connection = http.client.HTTPConnection("127.0.0.1", network.upstream, timeout=60)
            try:
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            if is_lost:
                return self._lose()
            told = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP]
            return self._answer(answer.status, told, content)

        def _answer(self, status: int, headers: Any, content: bytes) -> None:
            pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
            if network.rewrite:
                changed = dict(pairs)
                content = network.rewrite(self.path, changed, content)
                pairs = [(name, changed.get(name, value)) for name, value in pairs]
            self.send_response(status)
            for name, value in pairs:
                if name.lower() != "content-length":
                    self.send_header(name, value)
            if status not in {204, 304}:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_HEAD = _forward  # noqa: N815 - the base class's names

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing: browsers hang up whenever they like."""

    server = Server(("127.0.0.1", 0), Handler)
    network.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
