"""widedeep serve: a local stand-in for TF Serving."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from widedeep import serving
from widedeep.components.common.errors import ConfigError, reason

if TYPE_CHECKING:
    from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

    from widedeep.serving.request_log import RequestLog
    from widedeep.serving.standin.server import Server
    from widedeep.serving.standin.tls import Tls

# Seconds for the requests in flight after a signal.
_GRACE = 10.0
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("serve", short_help="Serve a model locally as TF Serving would (development, dry run).")
@click.argument("base", metavar="[MODEL_BASE_DIR]", required=False, type=_FOLDER)
@click.option("--name", help="The model's name in requests.  [default: the folder's]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8500, show_default=True, help="gRPC; 0: any free one.")
@click.option("--rest-port", type=click.IntRange(0, 65535), default=8501, show_default=True, help="REST; 0: any.")
@click.option("--config", "config_file", type=_FILE, help="A ModelServerConfig text-proto, instead of MODEL_BASE_DIR.")
@click.option(
    "--batching", "batching_file", type=_FILE, help="A BatchingParameters text-proto.  [default: no batching]"
)
@click.option("--poll", type=click.FloatRange(0.01), default=1.0, show_default=True, help="Seconds between looks.")
@click.option("--reload-root", type=_FOLDER, help="Reload requests may also name folders below this one.")
@click.option("--tls-key", type=_FILE, help="PEM key of the server.")
@click.option("--tls-cert", type=_FILE, help="PEM certificate chain of the server.")
@click.option("--client-ca", type=_FILE, help="PEM authorities: only clients with a certificate of theirs are let in.")
@click.option(
    "--request-log", type=click.Path(file_okay=False, path_type=Path), help="Log what `rank` is asked, as Parquet."
)
@click.option("--log-share", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="Of the requests.")
@click.option("--log-leave-out", multiple=True, metavar="FEATURE", help="Not in the log; may be given several times.")
@click.option("--max-concurrent", type=click.IntRange(1), default=64, show_default=True, help="Requests at a time.")
@click.option("--max-message-mib", type=click.IntRange(1, 2047), default=64, show_default=True, help="Of a request.")
def command(base: Path | None, name: str | None, config_file: Path | None, **given: Any) -> None:
    """Serves the models that the pipeline pushed, over gRPC and REST as TF Serving does, until it is interrupted.

    It is for development and the dry run, not for production: there, TF Serving itself takes the same folder. New
    versions in MODEL_BASE_DIR, as work/movielens/models, replace old ones without failing a request.
    """
    _check(base, name, config_file)
    tls = _tls(given["tls_key"], given["tls_cert"], given["client_ca"])
    request_log = _request_log(given["request_log"], given["log_share"], given["log_leave_out"])
    _log_to_terminal()
    click.echo("A stand-in for TF Serving, for development and the dry run.", err=True)
    from widedeep.pipeline.local.output_log import log_output

    # What TensorFlow says of the processor at its start, and of graphics cards at its first use, is no news here; no
    # setting silences it.
    with log_output(Path(os.devnull)):
        import tensorflow as tf

        from widedeep.serving.standin.batching import parameters
        from widedeep.serving.standin.server import Options, Server

        tf.config.list_physical_devices()
        tf.get_logger().setLevel(logging.ERROR)
    # What has been imported stays: it need not be looked through each time a version is unloaded.
    gc.freeze()
    options = Options(
        host=given["host"],
        port=given["port"],
        rest_port=given["rest_port"],
        poll=given["poll"],
        reload_root=given["reload_root"],
        batching=parameters.read(given["batching_file"]) if given["batching_file"] else None,
        tls=tls,
        max_concurrent=given["max_concurrent"],
        max_message_mib=given["max_message_mib"],
        request_log=request_log,
    )
    _serve(Server(_models(base, name, config_file), options), given["host"], tls)
    if request_log:
        request_log.close()
        click.echo(
            f"Requests logged: {request_log.counts.written:,}, left out: {request_log.counts.dropped:,}.", err=True
        )


def _check(base: Path | None, name: str | None, config_file: Path | None) -> None:
    if (base is None) == (config_file is None):
        raise click.UsageError("Give either MODEL_BASE_DIR or --config FILE.")
    if name and config_file:
        raise click.UsageError("--name goes with MODEL_BASE_DIR; the models in --config have their own names.")


def _serve(server: Server, host: str, tls: Tls | None) -> None:
    stop = threading.Event()
    handlers = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.start()
        click.echo(_ready_line(server, host, tls))
        stop.wait()
        click.echo("Stopping when the requests in flight have ended.", err=True)
        server.stop(_GRACE)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _ready_line(server: Server, host: str, tls: Tls | None) -> str:
    address = f"[{host}]" if ":" in host else host
    models = [
        f"model {name} " + (f"version {', '.join(map(str, versions))}" if versions else "without a version yet")
        for name, versions in server.core.models.loaded().items()
    ]
    scheme = "https" if tls else "http"
    return f"ready: gRPC {address}:{server.port}, REST {scheme}://{address}:{server.rest_port}, {', '.join(models)}"


def _name(base: Path) -> str:
    folder = base.resolve()
    return folder.parent.name if folder.name == "models" else folder.name


def _tls(key: Path | None, certificate: Path | None, client_ca: Path | None) -> Tls | None:
    if bool(key) != bool(certificate) or (client_ca and not key):
        raise click.UsageError("--tls-key and --tls-cert go together, and --client-ca goes with them.")
    if key is None or certificate is None:
        return None
    from widedeep.serving.standin.tls import Tls

    return Tls(key, certificate, client_ca)


def _request_log(folder: Path | None, share: float, left_out: tuple[str, ...]) -> RequestLog | None:
    if folder is None:
        return None
    from widedeep.serving.request_log import RequestLog

    return RequestLog(folder, share=share, left_out=left_out)


def _models(base: Path | None, name: str | None, config_file: Path | None) -> ModelServerConfig:
    if config_file:
        return _config(config_file)
    from widedeep.serving.standin.models import model_configs

    assert base is not None
    return model_configs.single(name or _name(base), base)


def _config(file: Path) -> ModelServerConfig:
    from google.protobuf import text_format
    from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

    try:
        return text_format.Parse(file.read_text(encoding="utf-8"), ModelServerConfig())
    except (UnicodeDecodeError, text_format.ParseError) as error:
        raise ConfigError(f"{file} is not a text-proto of a ModelServerConfig: {reason(error)}.") from None


def _log_to_terminal() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger(serving.__name__)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
