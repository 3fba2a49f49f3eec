"""The table of faults in the how-to on workers: a test shows each row, in its words."""

from __future__ import annotations

from tests.components.trainer.workers import fault_table


def test_all_that_the_table_of_faults_has_is_shown_by_a_test() -> None:
    table, names = fault_table.table(), {row: name for name, row in vars(fault_table).items() if isinstance(row, str)}
    assert list(table) == list(fault_table.SHOWN_BY)
    for row, (file, test) in fault_table.SHOWN_BY.items():
        text = (fault_table.ROOT / file).read_text()
        assert f"def {test}(" in text
        # What is quoted, the test takes from the table.
        assert ("`" in table[row][0]) == (f"fault_table.words(fault_table.{names[row]}" in text)
