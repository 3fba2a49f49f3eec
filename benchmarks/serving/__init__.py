"""The served model: latency, throughput, CPU, swaps, malformed requests."""
