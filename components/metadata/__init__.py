"""The one room that knows ML Metadata's API: connections, executions, artifacts, lineage, turns."""
