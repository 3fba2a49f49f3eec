"""What a user had liked before each rating: strictly earlier seconds only."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

LENGTH = 20  # movies
LIKED = 4  # stars of five, or more


class Rating(NamedTuple):
    """One rating. The fields stand in the order that sorts ratings: user, time, movie."""

    user: int
    timestamp: int  # seconds since 1970, UTC
    movie: int
    stars: int

    @property
    def liked(self) -> bool:
        """Whether the movie was liked: the label."""
        return self.stars >= LIKED


class Impression(NamedTuple):
    """A rating, with the movies that the user had liked before it, the most recent last."""

    rating: Rating
    history: tuple[int, ...]


def with_history(ratings: Iterable[Rating]) -> Iterator[Impression]:
    """Adds to each of ONE user's ratings, sorted, the up to `LENGTH` movies liked last before it.

    Ratings of one second share one history: what was stored at once can't tell of each other.

    Example: movie 7 liked at second 1, 8 and 9 at second 2, any at second 3: the histories are
    (), (7,), (7,) and (7, 8, 9).
    """
    recent: deque[int] = deque(maxlen=LENGTH)
    for _, group in groupby(ratings, key=attrgetter("timestamp")):
        simultaneous = list(group)
        before = tuple(recent)
        yield from (Impression(rating, before) for rating in simultaneous)
        recent.extend(rating.movie for rating in simultaneous if rating.liked)
