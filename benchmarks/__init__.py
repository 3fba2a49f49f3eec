"""What is measured, and against whom.

    python -m benchmarks                        lists them: what each measures, how long, what it needs
    python -m benchmarks run serving --quick    runs one; what follows the name is its own (try --help)
    python -m benchmarks table [NAME]           the kept results, as Markdown

A benchmark prints, as its last line, one JSON list of {name, value, unit, goal, holds, against, details}: an entry a
number. `run` keeps it in results/NAME.json beside the machine that it came from; `--no-keep` before the name is for
trials. A folder holds what is measured (training, data, pipelines, serving), harness/ what they share.
"""
