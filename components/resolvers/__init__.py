"""Which earlier artifacts a run goes on from: baseline, start of a training, window of spans, analyses."""
