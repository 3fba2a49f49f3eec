"""The fields of a JobManager's answers, by method and path.

Facts from Flink's published OpenAPI description (docs/static/generated/rest_v1_dispatcher.yml, that of 1.15), written
down here. Where a class writes itself, the description names the class's attributes, and not what is sent: there, the
names are those of its serializer (JobDetails: "jid", "name", "state"; JobResult: "id", "application-status").
"""

from __future__ import annotations

FIELDS = {
    "GET /config": {
        "refresh-interval",
        "timezone-name",
        "timezone-offset",
        "flink-version",
        "flink-revision",
        "features",
    },
    "GET /jars": {"address", "files"},
    "GET /jars files": {"id", "name", "uploaded", "entry"},
    "GET /jars files entry": {"name", "description"},
    "POST /jars/upload": {"filename", "status"},
    "POST /jars/:jarid/run": {"jobid"},
    "DELETE /jars/:jarid": set(),
    "GET /jobs/overview": {"jobs"},
    "GET /jobs/overview jobs": {
        "jid",
        "name",
        "state",
        "start-time",
        "end-time",
        "duration",
        "last-modification",
        "tasks",
    },
    "GET /jobs/:jobid": {
        "jid",
        "name",
        "isStoppable",
        "state",
        "start-time",
        "end-time",
        "duration",
        "maxParallelism",
        "now",
        "timestamps",
        "vertices",
        "status-counts",
        "plan",
    },
    "GET /jobs/:jobid/execution-result": {"status", "job-execution-result"},
    "GET /jobs/:jobid/execution-result status": {"id"},
    "GET /jobs/:jobid/execution-result job-execution-result": {
        "id",
        "application-status",
        "accumulator-results",
        "net-runtime",
        "failure-cause",
    },
    "GET /jobs/:jobid/exceptions": {
        "root-exception",
        "timestamp",
        "all-exceptions",
        "truncated",
        "exceptionHistory",
    },
    "GET /jobs/:jobid/exceptions all-exceptions": {"exception", "task", "location", "timestamp"},
    "GET /jobs/:jobid/exceptions exceptionHistory": {"entries", "truncated"},
    "PATCH /jobs/:jobid": set(),
}
# JobStatus, as the description lists it.
STATES = {
    *("INITIALIZING", "CREATED", "RUNNING", "FAILING", "FAILED", "CANCELLING", "CANCELED", "FINISHED", "RESTARTING"),
    *("SUSPENDED", "RECONCILING"),
}
# What is answered with another code than 200.
CODES = {"PATCH /jobs/:jobid": 202}
