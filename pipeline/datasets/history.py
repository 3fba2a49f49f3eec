"""What a user had liked before each rating, and how much of it: strictly earlier seconds only."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

LENGTH = 20  # movies
RECENT = 10  # ratings
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
    """A rating, with what was known of its user before it.

    Attributes:
        rating: the rating.
        history: the movies that the user had liked, the most recent last.
        recent_likes: the share of likes among the user's last `RECENT` ratings; None where there is none yet.
    """

    rating: Rating
    history: tuple[int, ...]
    recent_likes: float | None


def with_history(ratings: Iterable[Rating]) -> Iterator[Impression]:
    """Adds to each of ONE user's ratings, sorted, what an Impression has of those before it.

    Ratings of one second share one history: what was stored at once can't tell of each other.

    Example: movie 7 liked at second 1, 8 liked and 9 not at second 2, any at second 3: the histories are
    (), (7,), (7,) and (7, 8), and the recent likes None, 1, 1 and 2/3.
    """
    movies: deque[int] = deque(maxlen=LENGTH)
    likes: deque[bool] = deque(maxlen=RECENT)
    for _, group in groupby(ratings, key=attrgetter("timestamp")):
        simultaneous = list(group)
        history, recent_likes = tuple(movies), sum(likes) / len(likes) if likes else None
        yield from (Impression(rating, history, recent_likes) for rating in simultaneous)
        movies.extend(rating.movie for rating in simultaneous if rating.liked)
        likes.extend(rating.liked for rating in simultaneous)
