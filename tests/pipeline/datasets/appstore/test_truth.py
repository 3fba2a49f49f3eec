"""The chance of an install, against the formula in plain Python; and the hashes that its exceptions come from."""

from __future__ import annotations

import math

import numpy as np
import pytest

from widedeep.pipeline.datasets.appstore.hashing import mixed, signs
from widedeep.pipeline.datasets.appstore.store import Size, truth
from widedeep.pipeline.datasets.appstore.truth import BIAS, MOST_INSTALLED, RATE, SCALE, Truth

BITS = 2**64 - 1


def splitmix(*parts: int) -> int:
    """Steele, Lea and Flood 2014, figure 17: its state takes each part in before the next step."""
    state = 0
    for part in parts:
        state = ((state ^ (part & BITS)) + 0x9E3779B97F4A7C15) & BITS
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & BITS
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & BITS
        state ^= state >> 31
    return state


def sign(share: float, *parts: int) -> int:
    drawn = (splitmix(*parts) >> 40) / 2**24
    return 0 if drawn >= share else (-1 if drawn < share / 2 else 1)


def test_a_hash_is_splitmix_s() -> None:
    # The first two outputs of the generator with seed 0, as published with it.
    assert splitmix(0) == 0xE220A8397B1DCDAF
    values = np.array([[0], [7], [-1]])
    assert mixed(5, values, np.array([1, 2])).tolist() == [[splitmix(5, a, b) for b in (1, 2)] for a in (0, 7, -1)]


def test_a_share_of_all_parts_has_a_sign() -> None:
    drawn = signs(0.1, 3, np.arange(100_000))
    assert set(drawn.tolist()) == {-1.0, 0.0, 1.0}
    # Of 100,000 the counts deviate by sqrt(100,000 * 0.05 * 0.95), 69.
    assert abs((drawn > 0).sum() - 5000) < 4 * 69
    assert abs((drawn < 0).sum() - 5000) < 4 * 69


@pytest.fixture(scope="module")
def store() -> Truth:
    return truth(Size(20_000, 5, seed=11, mix=0.3, noise=0.2))


def chance(store: Truth, user: int, app: int, installed: list[int], position: int, day: int, hour: int) -> float:
    angle = 0.03 * day
    place = store.apps.place[app].tolist()
    turned = []
    for x, y in zip(place[::2], place[1::2], strict=True):
        turned += [x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)]
    taste = sum(a * b for a, b in zip(store.users.taste[user].tolist(), turned, strict=True))
    smooth = math.sqrt(0.8) * taste + math.sqrt(0.2) * float(store.apps.quality[app])
    pairs = sum(sign(0.1, 11, 1, other, app) for other in installed)
    country = sign(0.25, 11, 2, int(store.users.country[user]), app)
    part = sign(0.25, 11, 3, int(store.users.device[user]), int(store.apps.category[app]), hour // 6)
    exceptions = math.sqrt(0.6 / 2) * pairs + math.sqrt(0.3 / 0.25) * country + math.sqrt(0.1 / 0.25) * part
    z = math.sqrt(0.7) * smooth + math.sqrt(0.3) * exceptions
    logit = BIAS + SCALE * z - 0.3 * math.log(position)
    return 0.8 / (1 + math.exp(-logit)) + 0.2 * RATE


def test_the_chance_is_the_formula_s(store: Truth) -> None:
    user, app = np.array([3, 50]), np.array([[1, 2, 3], [4, 5, 6]])
    installed = np.full((2, MOST_INSTALLED), -1)
    installed[0, :4] = [9, 8, 1, 30]
    position, hour = np.array([[1, 2, 3]] * 2), np.array([5, 23])
    made = store.chances(user, app, installed, position, 4, hour)
    wanted = [
        [chance(store, 3, a, [9, 8, 1, 30], p, 4, 5) for p, a in enumerate((1, 2, 3), 1)],
        [chance(store, 50, a, [], p, 4, 23) for p, a in enumerate((4, 5, 6), 1)],
    ]
    np.testing.assert_allclose(made, wanted, rtol=1e-5)


def test_both_parts_have_a_variance_near_one() -> None:
    """So that `mix` is their share: 0 leaves the smooth part alone, 1 the exceptions."""
    store, random = truth(Size(50_000_000, 5, seed=11)), np.random.default_rng(0)
    apps, shown = len(store.apps.since), (4000, 10)
    user, app = random.integers(0, len(store.users.since), shown[0]), random.integers(0, apps, shown)
    installed = random.integers(0, apps, (shown[0], MOST_INSTALLED))
    position, hour = np.ones(shown, int), random.integers(0, 24, shown[0])
    for mix in (0.0, 1.0):
        alone = Truth(store.users, store.apps, 11, mix, 0.0)
        made = alone.chances(user, app, installed, position, 0, hour)
        z = (np.log(made / (1 - made)) - BIAS) / SCALE
        # Of 20 categories the places deviate by chance.
        assert np.var(z) == pytest.approx(1, abs=0.25)
