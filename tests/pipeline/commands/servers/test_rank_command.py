"""widedeep rank as a person calls it, with a client that is easy to check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.pipeline.commands.servers.rank import command
from widedeep.serving import client as clients
from widedeep.serving.client.errors import ModelError, UnknownFeatureError
from widedeep.serving.client.ranking import RankedCandidate, Ranking
from widedeep.serving.client.signature import Feature

FEATURES = {
    feature.name: feature
    for feature in [
        Feature("age", "user", "number", required=False),
        Feature("movie", "candidate", "text", required=True),
        Feature("year", "candidate", "number", required=False),
        Feature("genres", "candidate", "set", required=False),
    ]
}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The clients that were made: each with what it was asked."""
    clients_made: list[Any] = []

    class Client:
        """Ranks the last candidate first."""

        def __init__(self, target: str, **options: Any) -> None:
            self.options = {"target": target, **options}
            self.asked: Any = None
            clients_made.append(self)

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def features(self) -> Any:
            return FEATURES

        def rank(self, user: Any, candidates: Any, top_k: int | None) -> Ranking:
            self.asked = user, candidates, top_k
            order = list(reversed(range(len(candidates))))[:top_k]
            return Ranking(tuple(RankedCandidate(index, (index + 1) / 8) for index in order), 3)

    monkeypatch.setattr(clients, "RankingClient", Client)
    return clients_made


def called(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["--target", "localhost:1", *arguments], standalone_mode=False)


def error_of(result: Result, kind: type[Exception]) -> str:
    assert type(result.exception) is kind, result.output
    return str(result.exception)


ROWS = [
    {"movie": "m1", "title": "Star [wars]", "year": 1977.0, "genres": ["x", "y"]},
    {"movie": "50", "title": None, "year": None, "genres": []},
]
SENT = [{name: value for name, value in row.items() if name != "title"} for row in ROWS]
CSV = "movie,title,year,genres\nm1,Star [wars],1977,x|y\n50,,,\n"


def written(folder: Path, kind: str) -> Path:
    path = folder / f"rows.{kind}"
    if kind == "csv":
        path.write_text("\ufeff" + CSV)
    elif kind == "json":
        path.write_text(json.dumps(ROWS, indent=1))
    elif kind == "jsonl":
        path.write_text("\n\n".join(map(json.dumps, ROWS)) + "\n")
    else:
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    return path


@pytest.fixture
def served(made: list[Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that the server has."""
    names: list[str] = []

    def features(self: Any) -> Any:
        if self.options["model"] not in names:
            raise ModelError(f"model '{self.options['model']}' is not served.", tuple(names))
        return FEATURES

    monkeypatch.setattr(clients.RankingClient, "features", features)
    return names


@pytest.mark.parametrize(("names", "asked"), [(["model", "other"], "model"), (["movielens"], "movielens")])
def test_without_a_name_the_only_model_is_asked(
    made: list[Any], served: list[str], names: list[str], asked: str, tmp_path: Path
) -> None:
    served[:] = names
    done = called("--user", "{}", "--candidates", str(written(tmp_path, "csv")))
    assert done.exception is None
    assert f"ranked by {asked}, version 3" in done.stderr


def test_without_a_name_the_models_are_listed(served: list[str], tmp_path: Path) -> None:
    served[:] = ["movielens", "taxi"]
    done = called("--user", "{}", "--candidates", str(written(tmp_path, "csv")))
    assert error_of(done, ConfigError) == (
        "localhost:1: has several models: movielens, taxi. Choose one: --model movielens"
    )


def test_a_server_that_tells_no_names(served: list[str], tmp_path: Path) -> None:
    done = called("--user", "{}", "--candidates", str(written(tmp_path, "csv")))
    assert error_of(done, ConfigError) == (
        "localhost:1: has no model called 'model', as TF Serving calls one without a name, and does not tell which it "
        "has. Give the name that it was started with: --model NAME"
    )


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl", "parquet"])
def test_every_format_gives_the_same_candidates(made: list[Any], tmp_path: Path, kind: str) -> None:
    done = called("--user", '{"age": 42}', "--candidates", str(written(tmp_path, kind)))
    assert done.exception is None
    user, candidates, top_k = made[0].asked
    assert (user, top_k) == ({"age": 42}, None)
    # An empty field is no value.
    assert [{**row, "genres": row["genres"] or []} for row in candidates] == SENT


def test_a_table_with_all_columns_best_first_and_json(made: list[Any], tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    path = written(tmp_path, "csv")
    done = called("--user", '{"age": 42}', "--candidates", str(path), "--json", str(out))
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["rank", "candidate", "score", "movie", "title", "year", "genres"],
        ["1", "1", "0.250000", "50"],
        ["2", "0", "0.125000", "m1", "Star", "[wars]", "1977.0", "x,", "y"],
    ]
    assert done.stderr.splitlines() == [
        "title: no features of the model, so shown but not sent",
        "2 candidates ranked by model, version 3",
    ]
    assert json.loads(out.read_text()) == {
        "target": "localhost:1",
        "model": "model",
        "version": 3,
        "ranking": [
            {
                "index": 1,
                "score": 0.25,
                "candidate": {"movie": "50", "title": None, "year": None, "genres": None},
            },
            {"index": 0, "score": 0.125, "candidate": ROWS[0]},
        ],
    }


def test_options_reach_the_client(made: list[Any], tmp_path: Path) -> None:
    for name in ("ca", "cert", "key", "user"):
        (tmp_path / name).write_text('{"age": 7}')
    (tmp_path / "rows.csv").write_text("movie,genres\nm,a;b\n")
    done = called(
        *("--user", f"@{tmp_path / 'user'}", "--candidates", str(tmp_path / "rows.csv"), "--separator", ";"),
        *("--model", "mine", "--rest", "--top", "1", "--parallel", "4", "--deadline", "250"),
        *("--tls-ca", str(tmp_path / "ca"), "--tls-cert", str(tmp_path / "cert"), "--tls-key", str(tmp_path / "key")),
    )
    assert done.exception is None
    tls = clients.Tls(tmp_path / "ca", tmp_path / "cert", tmp_path / "key")
    expected = {"target": "localhost:1", "model": "mine", "transport": "rest", "deadline": 0.25, "parallel": 4}
    assert made[0].options == {**expected, "tls": tls}
    assert made[0].asked == ({"age": 7}, [{"movie": "m", "genres": ["a", "b"]}], 1)


def test_without_options_the_connection_is_grpc_in_the_clear(made: list[Any], tmp_path: Path) -> None:
    called("--user", "{}", "--candidates", str(written(tmp_path, "csv")))
    expected = {"target": "localhost:1", "model": "model", "transport": "grpc", "deadline": 2.0, "parallel": 1}
    assert made[0].options == {**expected, "tls": None}


@pytest.mark.parametrize(
    ("user", "message"),
    [
        (
            "{",
            """--user: is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1): '{'.""",
        ),
        ("[1]", "--user: is no JSON object, but [1]."),
        ("@none", "--user none: can't be read: No such file or directory."),
    ],
)
def test_a_user_that_is_none(made: list[Any], tmp_path: Path, user: str, message: str) -> None:
    done = called("--user", user, "--candidates", str(written(tmp_path, "csv")))
    hint = "" if user.startswith("@") else """ Write {"age": 42}, or @FILE."""
    assert error_of(done, ConfigError) == message + hint
    assert made == []


@pytest.mark.parametrize(
    ("name", "content", "kind", "message"),
    [
        (
            "rows.txt",
            "",
            ConfigError,
            "--candidates {0}: the name must end in one of .csv, .parquet, .json, .jsonl, .ndjson.",
        ),
        ("none/rows.csv", None, ConfigError, "--candidates {0}: can't be read: No such file or directory."),
        ("none/rows.parquet", None, ConfigError, "--candidates {0}: can't be read: No such file or directory."),
        ("rows.csv", "", DataError, "{0}: has no rows."),
        ("rows.csv", "movie\n", DataError, "{0}: has no rows."),
        ("rows.json", "[]", DataError, "{0}: has no rows."),
        ("rows.csv", "movie,year\nm,1\n\nn\n", DataError, "{0}, row 2: has 1 fields, and the header 2."),
        ("rows.csv", "movie,movie\nm,1\n", DataError, "{0}: the header names 'movie' twice."),
        ("rows.csv", 'movie\n"m\n', DataError, "{0}, line 2: is not readable as CSV: unexpected end of data."),
        ("rows.csv", "movie,year\nm,new\n", DataError, "{0}, row 1: 'year' is 'new', which is no number."),
        ("rows.csv", b"movie\n\xff\n", DataError, "{0}: is not UTF-8 text."),
        (
            "rows.csv",
            "film,jahr\nm,1\n",
            DataError,
            "{0}: has the columns film, jahr, but a candidate's features are genres, movie, year.",
        ),
        (
            "rows.jsonl",
            '{"movie": "m"}\n[1]\n',
            DataError,
            "{0}, line 2: is no JSON object, but [1]; a candidate is written {{...}}.",
        ),
        (
            "rows.jsonl",
            '{"movie": "m"}\n{\n',
            DataError,
            "{0}, line 2: is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1): "
            "'{{'",
        ),
        (
            "rows.json",
            '[{"movie": "m"}, 5]',
            DataError,
            "{0}, row 2: is no JSON object, but 5; a candidate is written {{...}}.",
        ),
    ],
)
def test_candidates_that_are_none(
    made: list[Any], tmp_path: Path, name: str, content: str | bytes | None, kind: type[Exception], message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert error_of(called("--user", "{}", "--candidates", str(path)), kind) == message.format(path)


def test_a_broken_parquet_file(made: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"no parquet")
    message = error_of(called("--user", "{}", "--candidates", str(path)), DataError)
    assert message.startswith(f"{path}: is not readable as Parquet: ")


def test_a_column_of_the_user_is_not_left_out_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only columns that the model does not know at all are; the client then refuses the rest."""
    from widedeep.serving.client.candidate_columns import arrays

    class Client:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def features(self) -> Any:
            return FEATURES

        def rank(self, user: Any, candidates: Any, top_k: int | None) -> Any:
            return arrays(FEATURES, user, candidates)

    monkeypatch.setattr(clients, "RankingClient", Client)
    (tmp_path / "rows.csv").write_text("movie,age\nm,1\n")
    done = called("--user", "{}", "--candidates", str(tmp_path / "rows.csv"))
    assert error_of(done, UnknownFeatureError) == "candidate 0: 'age' is a feature of the user: give it there."


def test_texts_with_separators_of_lines_are_one_value(made: list[Any], tmp_path: Path) -> None:
    text = "a\u2028b"
    (tmp_path / "rows.csv").write_text(f"movie\n{text}\n")
    (tmp_path / "rows.jsonl").write_text(json.dumps({"movie": text}, ensure_ascii=False) + "\n")
    for name in ("rows.csv", "rows.jsonl"):
        assert called("--user", "{}", "--candidates", str(tmp_path / name)).exception is None
    assert [client.asked[1] for client in made] == [[{"movie": text}]] * 2
