"""A log of what was asked and answered, in the form that the next day's training and the check on skew read.

    with RequestLog(Path("requests"), share=0.1) as log:
        with RankingClient("localhost:8500", model="shop", log=log) as client:
            client.rank(user, candidates, request_id="7f3a")

writes requests/log_day=2026-11-29/hour-13-....parquet, a row for each candidate. It needs pyarrow.
"""

from widedeep.serving.request_log.request_log import Counts, RequestLog

__all__ = ["Counts", "RequestLog"]
