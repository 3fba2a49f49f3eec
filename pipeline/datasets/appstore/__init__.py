"""A simulated app store: impressions whose chance of an install is known.

Users with hidden tastes are shown ten apps at a time by an older ranker, and install one or not by a chance that
`truth` writes down: a smooth part, which generalises, and exceptions, which only memorisation can learn. So what any
model could attain at most is known exactly, which no data set of a real store tells.
"""
