"""Whom the servers are asked about, and what they serve."""

from __future__ import annotations

from benchmarks.serving.servers import models
from benchmarks.serving.traffic.rank_requests import joined, requests
from widedeep.components import features
from widedeep.components.trainer.training_options import TrainingOptions


def _rows() -> list[dict[str, object]]:
    spec = features.load(models.FEATURES)
    seen = [("ann", "7"), ("bob", "8"), ("ann", "9"), ("cy", "8"), ("bob", "5"), ("ann", "7"), ("cy", "8")]
    blank = dict.fromkeys(feature.key for feature in spec.features)
    return [
        blank | {"user_id": user, "movie_id": movie, "genres": [f"of-{movie}"], "hour": str(hour), "label": 1}
        for hour, (user, movie) in enumerate(seen)
    ]


def test_a_request_is_a_real_user_at_its_last_moment_and_its_own_movies_before_those_of_others() -> None:
    spec = features.load(models.FEATURES)
    ann, *others = requests(_rows(), spec, 3)
    assert (ann.user["user_id"], ann.user["hour"]) == ("ann", "5")
    # 8 was rated three times, 7 twice.
    assert [movie["movie_id"] for movie in ann.candidates] == ["7", "9", "8"]
    assert [(request.user["user_id"], [movie["movie_id"] for movie in request.candidates]) for request in others] == [
        ("bob", ["8", "5", "7"]),
        ("cy", ["8", "7", "9"]),
    ]
    sides = {feature.key: feature.side for feature in spec.features}
    assert {sides[key] for key in ann.user} == {"context"}
    assert {sides[key] for key in ann.candidates[0]} == {"candidate"}
    whole = list(joined(ann))
    assert [(row["hour"], row["genres"]) for row in whole] == [("5", ["of-7"]), ("5", ["of-9"]), ("5", ["of-8"])]
    assert all(row.keys() == sides.keys() for row in whole)


def test_models_are_the_defaults_but_for_what_is_compared() -> None:
    defaults = TrainingOptions()
    made = {model: models.options(model) for model in models.MODELS}
    assert [(options.seed, options.deep.hidden, options.epochs) for options in made.values()] == [
        (defaults.seed, defaults.deep.hidden, 1),
        (defaults.seed + 1, defaults.deep.hidden, 1),
        (defaults.seed, (1024, 512, 256), 1),
    ]
    assert all(options.wide == defaults.wide for options in made.values())
    unlike = {
        key
        for options in made.values()
        for key in dict(defaults.deep)
        if dict(options.deep)[key] != dict(defaults.deep)[key]
    }
    assert unlike == {"hidden"}
