"""Real database servers, PostgreSQL and MariaDB, which a test starts on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from calls import free_port

PASSWORD = "of-no-use-elsewhere"


class Server:
    """A database server on this machine, in a folder of its own, run by a user that is not root."""

    kind: str
    ends_with = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = (folder / "log").open("ab")
        self.as_user: dict[str, Any] = {"stderr": self.log, "stdout": subprocess.DEVNULL}
        if os.getuid() == 0:
            self.as_user["user"] = "nobody"
            shutil.chown(folder, "nobody")
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.prepare()

    def call(self, *arguments: str, **more: Any) -> None:
        subprocess.run(arguments, check=True, timeout=60, **self.as_user, **more)

    @property
    def address(self) -> str:
        return f"{self.kind}://127.0.0.1:{self.port}"

    @staticmethod
    def program(name: str) -> str | None:
        raise NotImplementedError

    def prepare(self) -> None:
        raise NotImplementedError

    def line(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        self.process = subprocess.Popen(self.line(), **self.as_user)
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def stop(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(timeout=60)


class Postgresql(Server):
    kind = "postgresql"
    # With SIGTERM it waits until all who are connected leave.
    ends_with = signal.SIGINT

    @staticmethod
    def program(name: str) -> str | None:
        programs = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        return str(programs[-1]) if programs else shutil.which(name)

    def prepare(self) -> None:
        (self.folder / "password").write_text(PASSWORD)
        options = ["--username=widedeep", "--auth=scram-sha-256", f"--pwfile={self.folder / 'password'}"]
        self.call(str(self.program("initdb")), f"--pgdata={self.folder / 'data'}", "--no-sync", *options)

    def line(self) -> list[str]:
        settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", f"port={self.port}"]
        # What is killed here is the server, never the machine: what it has written stays.
        settings.append("fsync=off")
        return [
            str(self.program("postgres")),
            "-D",
            str(self.folder / "data"),
            *(f"-c{setting}" for setting in settings),
        ]


class Mariadb(Server):
    kind = "mysql"

    @staticmethod
    def program(name: str) -> str | None:
        return shutil.which({"initdb": "mariadb-install-db", "postgres": "mariadbd"}[name], path="/usr/sbin:/usr/bin")

    def prepare(self) -> None:
        data = f"--datadir={self.folder / 'data'}"
        self.call(str(self.program("initdb")), "--no-defaults", data, "--skip-test-db")
        statements = (
            "FLUSH PRIVILEGES;",
            "DELETE FROM mysql.global_priv WHERE User='';",
            f"CREATE USER widedeep@'%' IDENTIFIED BY '{PASSWORD}';",
            "GRANT ALL ON *.* TO widedeep@'%';",
        )
        given = "".join(f"{statement}\n" for statement in statements).encode()
        self.call(str(self.program("postgres")), "--no-defaults", data, "--bootstrap", input=given)

    def line(self) -> list[str]:
        options = ["--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={self.folder / 'socket'}"]
        data = [f"--datadir={self.folder / 'data'}", f"--pid-file={self.folder / 'pid'}"]
        # See Postgresql.
        options.append("--innodb-flush-log-at-trx-commit=2")
        return [str(self.program("postgres")), "--no-defaults", *data, *options]


KINDS: dict[str, type[Server]] = {"postgresql": Postgresql, "mariadb": Mariadb}
SECRET = {"METADATA_USERNAME": "widedeep", "METADATA_PASSWORD": PASSWORD, "METADATA_DATABASE": "facts"}


def in_turn(first: str) -> list[Any]:
    """Databases for a test of whole runs: one now, and the others where nothing is spared."""
    others = [name for name in (*KINDS, "sqlite") if name != first]
    return [first, *(pytest.param(name, marks=pytest.mark.repeats) for name in others)]


def installed(name: str) -> bool:
    return all(KINDS[name].program(program) for program in ("initdb", "postgres"))


@contextmanager
def running(name: str) -> Iterator[Server | None]:
    """A database for runs; None for SQLite's file, which it is as well where no server is installed."""
    if name in KINDS and installed(name):
        with serving(name) as server:
            yield server
    else:
        yield None


@contextmanager
def serving(name: str) -> Iterator[Server]:
    """A server that runs; skips the test where it is not installed."""
    kind = KINDS[name]
    if not installed(name):
        pytest.skip(f"{kind.__name__} is not installed here: apt-get install postgresql mariadb-server")
    # Not under pytest's folder, which only this user may enter.
    with tempfile.TemporaryDirectory(prefix="widedeep-") as folder:
        made = kind(Path(folder))
        made.start()
        try:
            yield made
        finally:
            made.stop(made.ends_with)
            made.log.close()
