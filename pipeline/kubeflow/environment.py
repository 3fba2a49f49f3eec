"""What every container of ours on a cluster finds in its environment."""

from __future__ import annotations

from widedeep.components.metadata.cluster.address import DATABASE, PASSWORD, USERNAME

# The keys of the Secret of the metadata's database, and the variable that each fills.
SECRET_KEYS = {"username": USERNAME, "password": PASSWORD, "database": DATABASE}
# Of the Secret of the database that data.format sql asks; the variable is data.connection.
CONNECTION_KEY = "connection"
ENVIRONMENT = {
    # Each connection to the database would write four lines of information, and TensorFlow its part of a page.
    "GLOG_minloglevel": "1",
    "TF_CPP_MIN_LOG_LEVEL": "1",
    # ML Metadata gives none, and would wait for ever for a server that takes connections and says nothing.
    "PGCONNECT_TIMEOUT": "20",
}
