"""What ML Metadata gets wrong on PostgreSQL: texts with backslashes, and the order of rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2, metadata_store_service_pb2

from widedeep.components.metadata.cluster.postgresql import PostgresqlStore, key_first

PATH = metadata_store_pb2.Event.Path
TEXT = st.text(st.characters(exclude_characters="\ue05c", exclude_categories=["Cs"]) | st.just("\\"))


class Kept:
    """In the database's place: keeps the last request, and answers with it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.request: Any = None
        monkeypatch.setattr(metadata_store.MetadataStore, "__init__", lambda *unused: None)
        monkeypatch.setattr(metadata_store.MetadataStore, "_call_method", self.call)

    def call(self, name: str, request: Any, response: Any) -> None:
        self.request = type(request).FromString(request.SerializeToString())
        for execution in request.executions:
            response.executions.add().CopyFrom(execution)


def test_no_backslash_reaches_the_database_and_all_come_back() -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        kept = Kept(monkeypatch)
        store = PostgresqlStore(None)

        @given(TEXT, TEXT, TEXT)
        def law(name: str, own: str, custom: str) -> None:
            execution = metadata_store_pb2.Execution(id=3, name=name)
            execution.properties["a"].string_value = own
            execution.custom_properties["b"].string_value = custom
            execution.custom_properties["n"].int_value = 92
            request = metadata_store_service_pb2.PutExecutionsRequest(executions=[execution, execution])
            response = metadata_store_service_pb2.GetExecutionsByIDResponse()
            store._call_method("PutExecutions", request, response)
            assert list(response.executions) == [execution, execution]
            for sent in kept.request.executions:
                texts = [sent.name, sent.properties["a"].string_value, sent.custom_properties["b"].string_value]
                assert not any("\\" in text for text in texts)
                assert [len(text) for text in texts] == [len(name), len(own), len(custom)]

        law()


@pytest.mark.parametrize("what", ["artifact", "execution", "context"])
def test_records_asked_for_by_their_ids_come_in_the_order_of_these(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    def call(self: Any, name: str, request: Any, response: Any) -> None:
        for number in (5, 9, 7):
            getattr(response, f"{what}s").add().id = number

    monkeypatch.setattr(metadata_store.MetadataStore, "__init__", lambda *unused: None)
    monkeypatch.setattr(metadata_store.MetadataStore, "_call_method", call)
    request = getattr(metadata_store_service_pb2, f"Get{what.title()}sByIDRequest")(**{f"{what}_ids": [9, 7, 3, 5]})
    response = getattr(metadata_store_service_pb2, f"Get{what.title()}sByIDResponse")()
    PostgresqlStore(None)._call_method(f"Get{what.title()}sByID", request, response)
    assert [record.id for record in getattr(response, f"{what}s")] == [9, 7, 5]


@pytest.mark.parametrize("turned", [False, True])
def test_a_path_begins_with_its_key(turned: bool) -> None:
    steps = [PATH.Step(key="examples"), PATH.Step(index=0)]
    path = PATH(steps=steps[::-1] if turned else steps)
    key_first(path)
    assert list(path.steps) == steps


@pytest.mark.parametrize("steps", [[], ["a"], ["a", 0, "b", 1], [0]])
def test_another_path_stays_as_it_is(steps: list[str | int]) -> None:
    made = [PATH.Step(key=step) if isinstance(step, str) else PATH.Step(index=step) for step in steps]
    path = PATH(steps=made)
    key_first(path)
    assert list(path.steps) == made
