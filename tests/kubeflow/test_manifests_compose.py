"""compose.yaml is one that Docker takes, listens on the loopback address alone, and knows when the server is well."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "serving" / "tensorflow"
# The Compose specification's schema, in the library that Docker Compose reads files with.
COMPOSE = "github.com/compose-spec/compose-go/v2@v2.9.1"
SERVICES = ("serving", "prometheus", "grafana")
each_service = pytest.mark.parametrize("name", SERVICES)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((FOLDER / "compose.yaml").read_text())


def test_the_compose_specification_takes_it(compose: dict[str, Any], go_module: Callable[[str], Path]) -> None:
    schema = json.loads((go_module(COMPOSE) / "schema" / "compose-spec.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert list(validator.iter_errors(compose)) == []
    compose["services"]["serving"]["read-only"] = True
    [error] = validator.iter_errors(compose)
    del compose["services"]["serving"]["read-only"]
    assert "read-only" in error.message


def test_docker_compose_takes_it() -> None:
    asked = ["docker", "compose", "version"]
    if not shutil.which("docker") or subprocess.run(asked, capture_output=True, timeout=60).returncode:
        pytest.skip("needs the Docker Compose plugin")
    command = ["docker", "compose", "--file", str(FOLDER / "compose.yaml"), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_these_are_all_services(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == set(SERVICES)


@each_service
def test_ports_are_the_loopback_address_alone(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["ports"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert "network_mode" not in service


@each_service
def test_containers_are_hardened(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"cap_add", "privileged"} & set(service)
    user = service["user"].removeprefix("${SERVING_USER:-").removesuffix("}")
    assert int(user.split(":")[0]) > 0
    assert service["image"].rpartition(":")[2].lstrip("v")[0].isdigit()
    assert {"cpus", "mem_limit", "pids_limit"} <= set(service)
    assert service["healthcheck"]["test"][0] == "CMD"
    # As process 1 a program without a handler heeds no SIGTERM.
    assert service["init"] is True


@each_service
def test_what_is_mounted_exists_and_is_read_only(compose: dict[str, Any], name: str) -> None:
    for volume in compose["services"][name]["volumes"]:
        if volume["type"] == "volume":
            assert volume["source"] in compose["volumes"]
            continue
        assert volume["read_only"] is True
        if volume["source"].startswith("${MODELS"):
            assert volume["bind"] == {"create_host_path": False}
        else:
            assert (FOLDER / volume["source"]).exists()


def test_prometheus_asks_where_the_server_answers(compose: dict[str, Any]) -> None:
    [job] = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    [static] = job["static_configs"]
    [target] = static["targets"]
    host, _, port = target.partition(":")
    assert host in compose["services"]
    assert f"--rest_api_port={port}" in compose["services"][host]["command"]
    assert f'path: "{job["metrics_path"]}"' in (FOLDER / "monitoring.config").read_text()


def test_grafana_finds_prometheus_and_the_dashboard(compose: dict[str, Any]) -> None:
    [source] = yaml.safe_load((FOLDER / "grafana" / "datasource.yaml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert compose["services"]["prometheus"]["ports"] == ["127.0.0.1:9090:9090"]
    [provider] = yaml.safe_load((FOLDER / "grafana" / "dashboards.yaml").read_text())["providers"]
    targets = {Path(volume["target"]) for volume in compose["services"]["grafana"]["volumes"]}
    home = Path(compose["services"]["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert home in targets
    assert str(home.parent) == provider["options"]["path"]


def test_grafana_has_no_account(compose: dict[str, Any]) -> None:
    environment = compose["services"]["grafana"]["environment"]
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert not [key for key in environment if "PASSWORD" in key]


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """Answers every path with `status`, as TensorFlow Serving does while a version is loaded, or isn't."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.server.asked = self.path  # type: ignore[attr-defined]
            self.send_response(self.server.status)  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


def checked(compose: dict[str, Any], port: int) -> int:
    _, *command = compose["services"]["serving"]["healthcheck"]["test"]
    # Compose writes $$ for $.
    script = command[-1].replace("$$", "$")
    assert "/127.0.0.1/8501;" in script
    done = subprocess.run([*command[:-1], script.replace("/8501;", f"/{port};")], capture_output=True, timeout=20)
    return done.returncode


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (404, False), (503, False)])
def test_the_health_check_holds_by_the_status(
    compose: dict[str, Any], server: ThreadingHTTPServer, status: int, healthy: bool
) -> None:
    server.status = status  # type: ignore[attr-defined]
    assert (checked(compose, server.server_port) == 0) is healthy
    assert server.asked == "/v1/models/movielens/metadata"  # type: ignore[attr-defined]


def test_the_health_check_fails_where_nobody_listens(compose: dict[str, Any], server: ThreadingHTTPServer) -> None:
    taken = server.server_port
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        free = other.server_port
    assert free != taken
    assert checked(compose, free) != 0
