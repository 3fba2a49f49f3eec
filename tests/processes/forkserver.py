"""A process that has imported the pipeline once, and forks for each command that a test starts.

A new interpreter needs some 5 s of a core to import TensorFlow, Beam and TFX. Here it is done once for all tests, and
nothing has started a thread yet that a fork would lose. `python forkserver.py SOCKET MODULE...` imports the modules,
and returns when the server is ready; it ends with its last client.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import forked


def serve(listener: socket.socket) -> None:
    """Forks for each request until no client is left."""
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    clients: set[socket.socket] = set()
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                client = listener.accept()[0]
                client.sendall(forked.READY)
                clients.add(client)
                selector.register(client, selectors.EVENT_READ)
            elif isinstance(key.fileobj, socket.socket):
                request, descriptors = receive(key.fileobj)
                if request:
                    child = _fork(request, descriptors, [listener, *clients])
                    key.fileobj.sendall(forked.number(child))
                    selector.register(os.pidfd_open(child), selectors.EVENT_READ, (child, key.fileobj))
                else:
                    selector.unregister(key.fileobj)
                    clients.discard(key.fileobj)
                    key.fileobj.close()
            else:
                _ended(key, selector)
        if not clients:
            return


def receive(client: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """A message, and the descriptors that came with it; nothing where the other side is gone."""
    descriptors = array.array("i")
    try:
        head, extra, _, _ = client.recvmsg(forked.HEAD, socket.CMSG_SPACE(3 * descriptors.itemsize))
    except ConnectionError:
        head, extra = b"", []
    if not head:
        return {}, []
    for _, _, sent in extra:
        descriptors.frombytes(sent)
    text = b""
    while len(text) < int.from_bytes(head):
        text += client.recv(1 << 16)
    request: dict[str, Any] = json.loads(text)
    return request, list(descriptors)


def _fork(request: dict[str, Any], descriptors: list[int], sockets: list[socket.socket]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for other in sockets:
                other.close()
            code = _run(request, descriptors)
        finally:
            # The rest of the stack is the server's.
            os._exit(code)
    for descriptor in descriptors:
        os.close(descriptor)
    return child


def _run(request: dict[str, Any], descriptors: list[int]) -> int:
    """The child: becomes the process that the request describes, and returns its exit code."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request["cwd"])
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["", *request["arguments"]]
    code = 0
    try:
        # As a new interpreter does at its start.
        for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep):
            if folder not in before and Path(folder, "sitecustomize.py").is_file():
                runpy.run_path(str(Path(folder, "sitecustomize.py")))
        if request["module"] == forked.CODE:
            [text, *arguments] = request["arguments"]
            sys.argv = [forked.CODE, *arguments]
            sys.path.insert(0, "")
            sys.modules["__main__"] = main_module = ModuleType("__main__")
            exec(compile(text, "<string>", "exec"), vars(main_module))
        elif request["module"].endswith(".py"):
            sys.argv[0] = request["module"]
            sys.path.insert(0, str(Path(request["module"]).parent))
            runpy.run_path(request["module"], run_name="__main__")
        else:
            runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    return code


def _ended(key: selectors.SelectorKey, selector: selectors.BaseSelector) -> None:
    child, client = key.data
    selector.unregister(key.fileobj)
    assert isinstance(key.fileobj, int)
    os.close(key.fileobj)
    _, status = os.waitpid(child, 0)
    # Whoever has started it may be gone.
    with contextlib.suppress(OSError):
        client.sendall(forked.number(status))


def main(path: str, *modules: str) -> None:
    for name in modules:
        importlib.import_module(name)
    # What the processes share stays shared.
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        if os.fork():
            os._exit(0)
        # Ctrl-C at the terminal is for the tests.
        os.setsid()
        forked.Popen.server = path
        # What a command starts is forked too.
        forked.subprocess.Popen = forked.Popen  # type: ignore[misc]
        serve(listener)
    Path(path).unlink()
    spent = os.times()
    print(f"the processes took {spent.children_user + spent.children_system:.0f} s of a core")


if __name__ == "__main__":
    main(*sys.argv[1:])
