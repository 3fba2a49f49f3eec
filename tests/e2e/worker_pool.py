"""A Beam pipeline whose code is to run in a worker pool's processes. The job server is Beam's own: no Java."""

from __future__ import annotations

import json
from pathlib import Path

# Arguments: the pool's port, which it waits for, and the file to write. Says in which process each sum was made.
DRIVER = """
import json, os, socket, sys, time
import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
options = PipelineOptions([
    "--runner=PortableRunner", "--job_endpoint=embed",
    "--environment_type=EXTERNAL", "--environment_config=localhost:" + sys.argv[1],
])
deadline = time.monotonic() + 120
while socket.socket().connect_ex(("127.0.0.1", int(sys.argv[1]))):
    assert time.monotonic() < deadline, "nothing listens there"
    time.sleep(0.1)
with beam.Pipeline(options=options) as pipeline:
    (
        pipeline
        | beam.Create(range(10))
        | beam.Map(lambda number: (number % 3, number))
        | beam.CombinePerKey(sum)
        | beam.Map(lambda pair: json.dumps([*pair, os.environ["ROLE"]]))
        | beam.io.WriteToText(sys.argv[2], shard_name_template="")
    )
"""


def check(written: Path) -> None:
    """The sums of 0 to 9 by their remainder of three, made by processes that were told to be workers."""
    rows = sorted(json.loads(line) for line in written.read_text().splitlines())
    assert rows == [[0, 0 + 3 + 6 + 9, "worker"], [1, 1 + 4 + 7, "worker"], [2, 2 + 5 + 8, "worker"]]
