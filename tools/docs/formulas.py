"""Formulas: a block of LaTeX in a page becomes MathML, which browsers set without a script."""

from __future__ import annotations

from typing import Any

from latex2mathml.converter import convert


def fence(source: str, language: str, css_class: str, options: Any, md: Any, **more: Any) -> str:  # noqa: ARG001
    """A fence of pymdownx.superfences, one formula a paragraph of its source."""
    formulas = [" ".join(part.split()) for part in source.split("\n\n") if part.strip()]
    return '<div class="formula">' + "".join(convert(formula, display="block") for formula in formulas) + "</div>"
