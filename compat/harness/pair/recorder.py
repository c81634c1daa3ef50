"""A proxy that reads what programs send over TLS, and passes it on: the requests of a program as they left it.

It is asked with CONNECT, as any proxy, and has certificates of its own for the servers. One of its two ports is for
the program that is looked at, the other one for people at browsers, of whom nothing is kept.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from harness.certificates import server_certificate

#: Headers that a connection has for itself (RFC 9110 §7.6.1), and those that count the octets of random values.
HOP = {"connection", "content-length", "keep-alive", "proxy-connection", "transfer-encoding"}


@dataclass(frozen=True)
class Request:
    """A request, with its headers in lower case."""

    method: str
    url: str
    headers: dict
    body: str
    status: int

    @property
    def query(self):
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def form(self):
        return parse_qsl(self.body, keep_blank_values=True)


class Recorder:
    """`routes` says where names lead to: `{"login.microsoftonline.com:443": port}`; others stay as they are."""

    def __init__(self, folder, routes, upstream_ca):
        self._routes = routes
        self._requests = []
        self._upstream = ssl.create_default_context(cafile=str(upstream_ca))
        names = sorted({name.rsplit(":", 1)[0] for name in routes} | {"localhost"})
        certificate, authority = server_certificate(names)
        self.ca = folder / "recorder-ca.pem"
        self.ca.write_text(authority)
        self._server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.set_alpn_protocols(["http/1.1"])
        pem = folder / "recorder.pem"
        pem.write_text(certificate.key + certificate.certificate)
        self._server.load_cert_chain(pem)
        self._listeners = []
        #: For the program that is looked at.
        self.proxy = self._listen(self._requests.append)
        #: For people.
        self.unrecorded = self._listen(lambda request: None)

    def take(self):
        """The requests since this was last asked, in order."""
        requests, self._requests[:] = list(self._requests), []
        return requests

    def count(self):
        """How many there are by now."""
        return len(self._requests)

    def stop(self):
        for listener in self._listeners:
            # Wakes the thread that waits for a connection.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _listen(self, note):
        listener = socket.create_server(("127.0.0.1", 0))
        self._listeners.append(listener)
        threading.Thread(target=self._accept, args=[listener, note], daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def _accept(self, listener, note):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=[connection, note], daemon=True).start()

    def _serve(self, connection, note):
        with connection, connection.makefile("rb") as lines:
            target = lines.readline().split(b" ")[1].decode()
            while lines.readline().strip():
                pass
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                inside = self._server.wrap_socket(connection, server_side=True)
            except (OSError, ssl.SSLError):
                return
            name, port = target.rsplit(":", 1)
            there = Upstream(name, self._routes.get(target, int(port)), context=self._upstream)
            with inside, inside.makefile("rb") as lines, contextlib.closing(there):
                try:
                    while self._exchange(there, lines, inside, note):
                        pass
                except OSError:
                    # Whoever asked is gone.
                    return

    def _exchange(self, there, lines, inside, note):
        start = lines.readline().decode().split()
        if not start:
            return False
        method, path, _ = start
        headers = http.client.parse_headers(lines)
        body = lines.read(int(headers.get("content-length", 0)))
        answer, text = pass_on(there, method, path, headers, body)
        host = headers["host"]
        kept = {name.lower(): value for name, value in headers.items() if name.lower() not in HOP}
        note(Request(method, f"https://{host}{path}", kept, body.decode(), answer.status))
        head = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        head += [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() not in HOP]
        head += [f"Content-Length: {len(text)}"]
        inside.sendall("\r\n".join([*head, "", ""]).encode() + text)
        return True


def pass_on(there, method, path, headers, body):
    there.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for header, value in headers.items():
        # What comes back is read here.
        if header.lower() not in {"accept-encoding", "connection"}:
            there.putheader(header, value)
    there.endheaders(body)
    answer = there.getresponse()
    return answer, answer.read()


class Upstream(http.client.HTTPSConnection):
    """A connection to this machine, whatever the name."""

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._context.wrap_socket(connection, server_hostname=self.host)
