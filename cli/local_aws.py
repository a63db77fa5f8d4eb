"""Runs the local AWS that the demo and the tests deploy to, as a child that never outlives us.

It is MiniStack with our patches (deploy/local_aws, docs/decisions/0010), listens on loopback only
and forgets everything when it stops.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx

from cli.local_aws_installation import SOURCES, Installation, LocalAwsError, NotInstalled, Progress

_LOOPBACK = "127.0.0.1"
_SECONDS_TO_STOP = 3


class PortTaken(LocalAwsError):
    """Something else listens where the local AWS should."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} for the local AWS is taken: stop what listens there, or choose another."
        )
        self.port = port


class DidNotStart(LocalAwsError):
    """The local AWS ended, or did not answer in time."""

    def __init__(self, seconds: float, log: Path) -> None:
        ending = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        super().__init__(
            f"The local AWS ended or did not answer within {seconds:g} s. "
            f"Its log, {log}, ends:\n{ending}"
        )
        self.log = log


class NotRunning(LocalAwsError):
    """Something was asked that only a running local AWS knows."""

    def __init__(self) -> None:
        super().__init__("The local AWS is not running: call `start` first.")


class LocalAws:
    """One local AWS with its folder; every method may be called from any thread.

    Args:
        folder: Holds its log and, while it runs, the unpacked functions. One running local AWS
            per folder.
        port: Where to listen on loopback; a free port is chosen when none is given.
        installation: Where installations are kept and shared; `folder/installation` by default.
        step_seconds: How long every step of a stack operation takes, to watch or interrupt it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        installation: Path | None = None,
        step_seconds: float = 0,
    ) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "local_aws.log"
        self._installation = Installation(installation or folder / "installation")
        self._port = port
        self._step_seconds = step_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._instance = ""

    def install(self, progress: Progress) -> None:
        """Install what is missing; see `Installation.install` for what it guarantees."""
        self._installation.install(progress)

    def start(self, within: float = 30) -> None:
        """Return when the local AWS answers.

        Raises:
            NotInstalled: `install` has not been called for this version.
            PortTaken: The port that was asked for is in use.
            DidNotStart: It ended or did not answer within so many seconds; nothing is left running.
        """
        if not self._installation.complete:
            raise NotInstalled(self._installation.folder)
        if self._port is None:
            self._port = _free_port()
        elif _answers(self._port):
            raise PortTaken(self._port)
        self._process = self._launch(self._port, self._scratch())
        try:
            self._instance = self._wait_for_instance(within)
        except LocalAwsError:
            self.stop()
            raise

    def stop(self) -> None:
        """End the local AWS and the functions that it runs; do nothing when it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()  # a custom resource that never answers holds it
        _kill_group(process.pid)
        process.wait()
        if process.stdin:
            process.stdin.close()
        shutil.rmtree(self.folder / "scratch", ignore_errors=True)

    @property
    def running(self) -> bool:
        """Whether the process is there; false too after it ended by itself."""
        return self._process is not None and self._process.poll() is None

    @property
    def endpoint(self) -> str:
        """The URL under which all services of the local AWS answer."""
        if self._port is None:
            raise NotRunning
        return f"http://{_LOOPBACK}:{self._port}"

    @property
    def instance(self) -> str:
        """A UUID made at each start; what was deployed to another instance is gone."""
        if not self.running:
            raise NotRunning
        return self._instance

    @property
    def process_group(self) -> int:
        """The process group of the local AWS and its functions."""
        if self._process is None:
            raise NotRunning
        return self._process.pid

    def client_environment(self, account: str, region: str = "us-east-1") -> dict[str, str]:
        """What a CLI or an SDK needs to reach an account of the local AWS, as its root.

        Twelve digits as an access key id *are* the account. The result supposes that no
        AWS_PROFILE and no AWS_SESSION_TOKEN are set beside it.
        """
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CI": "1",
            "NO_COLOR": "1",
            "SST_TELEMETRY_DISABLED": "1",
            "SLS_TELEMETRY_DISABLED": "1",
            "SLS_NOTIFICATIONS_MODE": "off",
        }

    def _scratch(self) -> Path:
        scratch = self.folder / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)  # left behind by one that was killed
        scratch.mkdir(parents=True)
        (scratch / "node_modules").symlink_to(self._installation.node_modules)
        return scratch

    def _launch(self, port: int, scratch: Path) -> subprocess.Popen[bytes]:
        command = [str(self._installation.python), str(SOURCES / "launcher.py")]
        command += ["--port", str(port), "--scratch", str(scratch)]
        command += ["--step-seconds", str(self._step_seconds)]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        with self.log.open("wb") as log:
            return subprocess.Popen(
                command,
                env=kept,
                stdin=subprocess.PIPE,  # never written to: its end tells the child that we died
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_for_instance(self, within: float) -> str:
        give_up = time.monotonic() + within
        with httpx.Client(base_url=self.endpoint, timeout=5, trust_env=False) as client:
            while time.monotonic() < give_up and self.running:
                if _ready(client):
                    return str(client.get("/_trellis/instance").json()["instance"])
                time.sleep(0.05)
        raise DidNotStart(within, self.log)


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/_ministack/ready").is_success
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_LOOPBACK, port)) == 0


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
