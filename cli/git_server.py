"""Serves git repositories over HTTP, for the demo and the tests: the part that GitHub plays.

Git's own `http-backend` answers behind a small server on loopback, so that a clone here is a clone
as it is anywhere: smart protocol, private repositories, any commit by its full SHA. Nobody can
push; commits are made by the one who holds the `GitServer`.
"""

import base64
import binascii
import http.client
import logging
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from typing_extensions import override

from cli.git_repository import DEFAULT_BRANCH, Changes, GitRepository, git_environment

_LOOPBACK = "127.0.0.1"
_ADDRESS = re.compile(r"/(?P<name>[\w./-]+)/(?P<question>info/refs|git-upload-pack)")
_SECONDS_TO_NOTICE_STOP = 0.05
_log = logging.getLogger(__name__)


class GitServer:
    """Bare repositories in a folder, served while it is started; also a context manager.

    Args:
        folder: Where the repositories lie, as `<name>.git`.
        port: Where to listen on loopback; 0 for a free port.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder = folder
        self._server = _Server((_LOOPBACK, port), _Exchange)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_SECONDS_TO_NOTICE_STOP,), daemon=True
        )

    def start(self) -> None:
        """Answer from now on, in a thread of this process."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more and free the port; the repositories stay."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        """Scheme, host and port, as TRELLIS_GIT_ORIGINS takes it."""
        return f"http://{_LOOPBACK}:{self._server.server_port}"

    def url(self, name: str) -> str:
        """The clone URL of a repository."""
        return f"{self.origin}/{name}.git"

    def create_repository(self, name: str, from_folder: Path, *, token: str | None = None) -> str:
        """Serve a new repository that holds the folder's files; return the SHA of that commit.

        With a token the repository is private: a clone takes it as the password, as GitHub's
        `x-access-token:<token>`.

        Raises:
            RepositoryExists: One of this name lies in the folder.
        """
        repository = GitRepository.create(self._folder / f"{name}.git", from_folder)
        self._server.served[name] = _Served(repository, token)
        return repository.head()

    def commit(
        self, name: str, changes: Changes, message: str, *, branch: str = DEFAULT_BRANCH
    ) -> str:
        """Add one commit to a branch and return its SHA; a new branch starts from `main`."""
        return self._server.served[name].repository.commit(changes, message, branch=branch)

    def head(self, name: str, branch: str = DEFAULT_BRANCH) -> str:
        """The SHA of the branch's newest commit."""
        return self._server.served[name].repository.head(branch)


@dataclass(frozen=True)
class _Served:
    repository: GitRepository
    token: str | None

    def admits(self, authorization: str) -> bool:
        if self.token is None:
            return True
        return secrets.compare_digest(_password(authorization).encode(), self.token.encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], exchange: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, exchange)
        self.served: dict[str, _Served] = {}


class _Exchange(BaseHTTPRequestHandler):
    """One request and its answer."""

    server: _Server

    def do_GET(self) -> None:
        self._answer(body=b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length")
        if length is None:  # git sends a request beyond 1 MB in chunks: thousands of branches
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return
        self._answer(self.rfile.read(int(length)))

    @override
    def log_message(self, format: str, *args: object) -> None:
        _log.debug(format, *args)

    def _answer(self, body: bytes) -> None:
        address = _ADDRESS.fullmatch(self.path.partition("?")[0])
        served = self.server.served.get(address["name"].removesuffix(".git")) if address else None
        if address is None or served is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        elif not served.admits(self.headers.get("Authorization", "")):
            self._ask_for_token()
        else:
            self._ask_git(served.repository, address["question"], body)

    def _ask_for_token(self) -> None:
        self.send_response(HTTPStatus.UNAUTHORIZED)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.end_headers()

    def _ask_git(self, repository: GitRepository, question: str, body: bytes) -> None:
        environment = git_environment() | {
            "GIT_PROJECT_ROOT": str(repository.path.absolute()),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": f"/{question}",
            "QUERY_STRING": self.path.partition("?")[2],
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as answer:
            asked.write(body)
            asked.seek(0)
            command = ["git", "http-backend"]
            subprocess.run(command, env=environment, stdin=asked, stdout=answer, check=False)
            answer.seek(0)
            self._pass_on(answer)

    def _pass_on(self, answer: IO[bytes]) -> None:
        headers = http.client.parse_headers(answer)  # git tells of its own failures in the answer
        if not headers:
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        self.send_response(int(headers.get("Status", "200").split()[0]))
        for name, value in headers.items():
            if name != "Status":
                self.send_header(name, value)
        self.end_headers()
        try:
            shutil.copyfileobj(answer, self.wfile)
        except ConnectionError:
            _log.debug("the client left before the end of its answer")


def _password(authorization: str) -> str:
    try:
        pair = base64.b64decode(authorization.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return pair.partition(":")[2]
