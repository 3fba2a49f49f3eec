"""A compiled pipeline whose containers' commands run as processes of this machine, called as by KFP's launcher."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import forked
import yaml
from calls import called, plain
from harness import Slice

from widedeep.components.metadata.artifacts import outputs
from widedeep.components.metadata.cluster.database import Database
from widedeep.components.metadata.executions import Node, state
from widedeep.pipeline.kubeflow.client.compiled_file import CompiledPipeline


@dataclass
class Cluster:
    """The compiled YAML, two folders as its volumes, and the database.

    Attributes:
        folder: holds everything.
        slice_: the pipeline and its data.
        metadata: the database's address.
        environment: what the secret would set.
        installed: has each node in an interpreter of its own, as in its container, and without a mask for the files
            that it makes, as Argo starts it; else they are forked.
    """

    folder: Path
    slice_: Slice
    metadata: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    installed: bool = False

    def compile(self, *settings: str) -> None:
        self.folder.mkdir(exist_ok=True)
        self.metadata = self.metadata or f"sqlite:///{self.folder / 'metadata.sqlite'}"
        out = self.folder / "compiled.yaml"
        group = {
            "pipeline": str(self.slice_.pipeline),
            "metadata": self.metadata,
            "root": {"claim": "root", "path": str(self.folder / "root")},
            "models": {"claim": "models", "path": str(self.folder / "models")},
        }
        chosen = [f"kubeflow={json.dumps(group)}", *settings]
        arguments = [str(self.slice_.pipeline), "--out", str(out), *(f"--set={setting}" for setting in chosen)]
        done = called("kubeflow", "compile", *arguments, installed=self.installed)
        assert done.returncode == 0, done.stderr
        self.compiled = CompiledPipeline.read(out)
        self.spec = next(iter(yaml.safe_load_all(out.read_text())))
        self.name = self.compiled.name

    def command(self, node: str, run_id: str, **parameters: Any) -> list[str]:
        """A container's command and arguments, with KFP's placeholders filled in."""
        task = next(key for key, name in self.compiled.tasks.items() if name == node)
        container = self.spec["deploymentSpec"]["executors"][f"exec-{task}"]["container"]
        defaults = self.spec["root"]["inputDefinitions"]["parameters"]
        given = {"data_path": str(self.slice_.data), **parameters}
        values = {}
        for name, source in self.spec["root"]["dag"]["tasks"][task]["inputs"]["parameters"].items():
            if "runtimeValue" in source:
                assert source["runtimeValue"]["constant"] == "{{$.pipeline_job_uuid}}"
                values[name] = run_id
            else:
                parameter = source["componentInputParameter"]
                values[name] = given.get(parameter, defaults[parameter]["defaultValue"])
        # A whole number is one on the wire, where KFP's document has 3.0.
        known = {f"{{{{$.inputs.parameters['{name}']}}}}": text(value) for name, value in values.items()}
        page = self.page(node, run_id)
        for name in self.spec["components"][f"comp-{task}"]["outputDefinitions"]["artifacts"]:
            known[f"{{{{$.outputs.artifacts['{name}'].path}}}}"] = str(page / name)
        known["{{$}}"] = json.dumps({"outputs": {"outputFile": str(page / "output.json")}})
        filled = []
        for argument in container["args"]:
            for placeholder, value in known.items():
                argument = argument.replace(placeholder, value)
            assert "{{" not in argument
            filled.append(argument)
        return [sys.executable, *container["command"][1:], *filled]

    def page(self, node: str, run_id: str) -> Path:
        """The folder of what a node shows."""
        return self.folder / "pages" / run_id / node

    def start(self, node: str, run_id: str, *more: str, **parameters: Any) -> subprocess.Popen[str]:
        popen = partial(subprocess.Popen, umask=0) if self.installed else forked.Popen
        return popen(
            [*self.command(node, run_id, **parameters), *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**plain(), "TF_CPP_MIN_LOG_LEVEL": "1", **self.environment},
            cwd=os.getcwd(),
        )

    def step(self, node: str, run_id: str, *more: str, **parameters: Any) -> subprocess.CompletedProcess[str]:
        with self.start(node, run_id, *more, **parameters) as process:
            out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def run(self, run_id: str, **parameters: Any) -> dict[str, str]:
        """Runs all tasks in order; returns the state of each node in the metadata."""
        for node in self.compiled.tasks.values():
            done = self.step(node, run_id, **parameters)
            assert done.returncode == 0, done.stderr
        return self.states(run_id)

    def node(self, node: str, run_id: str) -> Node:
        return Node(self.name, run_id, node)

    def store(self) -> Any:
        return Database(self.metadata, self.environment, patience=10.0).open()

    def states(self, run_id: str) -> dict[str, str]:
        store = self.store()
        executions = {node: self.node(node, run_id).success(store) for node in self.compiled.tasks.values()}
        return {node: state(execution) for node, execution in executions.items() if execution}

    def outputs(self, node: str, run_id: str) -> dict[str, Any]:
        store = self.store()
        ended = self.node(node, run_id).success(store)
        assert ended is not None
        return outputs(store, ended.id)

    @contextmanager
    def running(self, node: str, run_id: str, **parameters: Any) -> Iterator[subprocess.Popen[str]]:
        """A node's process, as soon as its own execution is in the metadata: a killed one's stays there as running."""
        store = self.store()
        earlier = {attempt.id for attempt in self.node(node, run_id).executions(store)}
        with self.start(node, run_id, **parameters) as process:
            deadline = time.monotonic() + 120
            while not [
                attempt
                for attempt in self.node(node, run_id).executions(store)
                if state(attempt) == "RUNNING" and attempt.id not in earlier
            ]:
                assert process.poll() is None, process.communicate()[1]
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield process


def text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def child(process: int) -> int:
    """The id of a process's one child, once there is one. A supervisor's is the step, and the step's its executor."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.05)
    raise AssertionError("no child")
