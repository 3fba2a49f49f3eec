"""The draft's features.yaml."""

from __future__ import annotations

from typing import Any

from widedeep.components.common.errors import shown
from widedeep.pipeline.drafting.decisions import Draft
from widedeep.pipeline.drafting.output.yaml_lines import flow, line

_HEAD = """\
# Drafted by `widedeep init`: what stands behind a line says why it is so. Change what you know better.
# An embedding is the power of two from 4 to 32 above 2 * values^(1/4) wide.
"""


def features_text(draft: Draft) -> str:
    """The declaration, a line a feature."""
    text = _HEAD + line(f"label: {flow(label_of(draft))}", draft.rule.reason)
    text += "\nfeatures:\n"
    left_out = ""
    for name, column in draft.columns.items():
        if column.drafted is None:
            left_out += (
                line(f"  # {_one_line(shown(name))} is left out:", "").rstrip("\n") + f" {column.choice.reason}\n"
            )
            continue
        side = f"; {column.side.side}: {column.side.why}" if column.side and column.side.why else ""
        text += line(f"  - {flow(column.drafted.feature)}", column.drafted.why + side)
    text += left_out
    if draft.crosses:
        text += "\ncrosses:\n"
    for cross in draft.crosses:
        why = f"about {cross.combinations:,} pairs occur; beyond all features alone the loss falls by {cross.gain:.2%}"
        text += line(f"  - {flow({'keys': list(cross.keys), 'buckets': 'auto'})}", why)
    return text


def label_of(draft: Draft) -> dict[str, Any]:
    """The label's declaration."""
    label: dict[str, Any] = {"key": draft.label_key}
    if draft.label_key != draft.label:
        label["column"] = draft.label
    if draft.rule.kind != "binary":
        label["kind"] = draft.rule.kind
    if draft.rule.positive:
        label["positive"] = list(draft.rule.positive)
    if draft.rule.above is not None:
        label["above"] = int(draft.rule.above) if draft.rule.above.is_integer() else draft.rule.above
    return label


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
