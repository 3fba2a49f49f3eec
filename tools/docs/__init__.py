"""What the documentation's build adds to the pages under docs: the reference, pages that lie elsewhere, formulas."""
