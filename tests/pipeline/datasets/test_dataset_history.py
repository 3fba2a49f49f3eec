"""The history, and the recent likes, on ratings small enough to work out by hand."""

from __future__ import annotations

from widedeep.pipeline.datasets.history import Rating, with_history


def histories(*ratings: tuple[int, int, int]) -> list[tuple[int, ...]]:
    """Of one user's (second, movie, stars)."""
    return [seen.history for seen in with_history(Rating(1, *rating) for rating in ratings)]


def test_holds_what_was_liked_strictly_earlier() -> None:
    assert histories((1, 7, 5), (2, 8, 4), (2, 9, 5), (3, 6, 1)) == [(), (7,), (7,), (7, 8, 9)]


def test_three_stars_are_not_a_like() -> None:
    assert histories((1, 7, 3), (2, 8, 4), (3, 9, 5)) == [(), (), (8,)]


def test_keeps_the_last_twenty() -> None:
    *_, last = histories(*((second, 100 + second, 5) for second in range(26)))
    assert last == tuple(range(105, 125))


def test_twenty_one_likes_of_one_second_leave_the_highest_twenty() -> None:
    *_, last = histories(*((1, movie, 5) for movie in range(21)), (2, 50, 5))
    assert last == tuple(range(1, 21))


def recent_likes(*ratings: tuple[int, int, int]) -> list[float | None]:
    """Of one user's (second, movie, stars)."""
    return [seen.recent_likes for seen in with_history(Rating(1, *rating) for rating in ratings)]


def test_recent_likes_are_of_strictly_earlier_ratings() -> None:
    assert recent_likes((1, 7, 5), (2, 8, 4), (2, 9, 3), (3, 6, 1), (4, 5, 1)) == [None, 1, 1, 2 / 3, 2 / 4]


def test_recent_likes_are_of_the_last_ten() -> None:
    *_, last = recent_likes(*((second, second, 1 if second < 3 else 5) for second in range(12)), (20, 50, 1))
    # Of twelve ratings before it, the first three of which were no likes.
    assert last == 9 / 10
