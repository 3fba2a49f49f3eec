"""What the files of a split must have between them."""

from __future__ import annotations

import pytest

from widedeep.components.common.errors import DataError
from widedeep.components.content.content_record import Content, FileContent
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest.presence import check_presence, check_rows


def file(path: str, rows: int, user: int, undeclared: tuple[str, ...] = (), split: str = "train") -> FileContent:
    """Of the rows, so many have a user."""
    present = {"user": user, "tags": rows, "age": rows}
    return FileContent(path=path, split=split, rows=rows, present=present, undeclared=list(undeclared))


def refused(spec: FeatureSpec, *files: FileContent, labelled: bool = True) -> str:
    with pytest.raises(DataError) as caught:
        check_presence(Content(by_hash=False, splits={}, files=list(files)), spec, labelled)
    return str(caught.value)


def passes(spec: FeatureSpec, *files: FileContent, labelled: bool = True) -> None:
    check_presence(Content(by_hash=False, splits={}, files=list(files)), spec, labelled)


def test_a_feature_that_no_row_has(spec: FeatureSpec) -> None:
    absent = "a: none of the 1,200 rows of 'train' has a feature 'user', which features.yaml declares: "
    assert refused(spec, file("a", 200, 0, ("usr", "x")), file("b", 1000, 0)) == f"{absent}did you mean 'usr'?"
    assert refused(spec, file("a", 1200, 0, ("USER",))) == f"{absent}did you mean 'USER'?"
    assert refused(spec, file("a", 1200, 0, ("x", "geo"))) == (
        f"{absent}the features that features.yaml does not name are: geo, x"
    )
    assert refused(spec, file("a", 1200, 0)) == f"{absent}and there is no other that it could be."


@pytest.mark.parametrize("split", ["eval", "test"])
def test_a_feature_that_a_split_lacks(spec: FeatureSpec, split: str) -> None:
    """Where every other row of train has it, 20 rows lack it once in a million times: 2^-20 = 0.95e-6."""
    train = file("a", 100, 50)
    assert refused(spec, file("b", 20, 0, split=split), train) == (
        f"b: none of the 20 rows of '{split}' has a feature 'user', which features.yaml declares: "
        "and there is no other that it could be."
    )
    passes(spec, file("b", 19, 0, ("x",), split=split), train)
    assert "did you mean 'User'?" in refused(spec, file("b", 19, 0, ("User",), split=split), train)


def test_a_file_that_has_it_by_another_name(spec: FeatureSpec) -> None:
    """What a rare feature looks like in a file of its own, too, but for the name."""
    others = file("a", 100, 90)
    assert refused(spec, others, file("b", 30, 0, ("User",))) == (
        "b: none of its 30 rows has a feature 'user', which features.yaml declares: did you mean 'User'?"
    )
    passes(spec, others, file("b", 30, 0, ("x",)))
    passes(spec, others, file("b", 3, 0, ("User",)))
    passes(spec, others, file("b", 0, 0, ("User",)))


def test_what_a_server_was_not_asked_for_is_the_gates_business(spec: FeatureSpec) -> None:
    passes(spec, file("a", 100, 0, ("x",), split="serving"), labelled=False)
    assert "'serving' has a feature 'user'" in refused(
        spec, file("a", 100, 0, ("users",), split="serving"), labelled=False
    )


def test_files_without_rows() -> None:
    files = [file("a", 0, 0), file("b", 0, 0), file("c", 5, 5, split="eval"), file("d", 0, 0, split="eval")]
    with pytest.raises(DataError) as caught:
        check_rows(Content(by_hash=False, splits={}, files=files), [])
    assert str(caught.value) == (
        "a: the file has no rows. Remove it, or point data.path elsewhere. So it is with all 2 files of 'train'."
    )
    check_rows(Content(by_hash=False, splits={}, files=files[2:]), [])
