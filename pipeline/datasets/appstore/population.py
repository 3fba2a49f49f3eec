"""The users and apps of the store: what can be seen of them, and the hidden places that their tastes have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

# Of the hidden space.
DIMENSIONS = 8
COUNTRIES = ("br", "de", "fr", "id", "in", "jp", "mx", "tr", "uk", "us")
LANGUAGES = ("de", "en", "es", "fr", "hi", "id", "ja", "pt", "tr")
DEVICES = ("budget phone", "phone", "flagship phone", "tablet")
CATEGORIES = (
    *("arcade", "books", "business", "cards", "education", "fitness", "finance", "food", "maps", "messaging"),
    *("music", "news", "photo", "puzzle", "racing", "shopping", "sports", "strategy", "travel", "video"),
)
AGES = (18, 70)
# Which part of a taste those of the same age, sex and country share, and of an app's place those of a category.
_OF_GROUP, _OF_CATEGORY = 0.7, 0.6
# Of users and apps: those that are there on the first day, and the exponent of Zipf's law.
_AT_FIRST, _USER_ZIPF, _APP_ZIPF = 0.98, 0.7, 0.9
_APPS_A_DEVELOPER = 4


@dataclass(frozen=True)
class Users:
    """n users, in the order in which they come.

    Attributes:
        since: int32 [n], the day on which each comes, from 0.
        age, gender, country, language, device: int32 [n], years and indices.
        activity: float32 [n], how often each comes, relative to others.
        taste: float32 [n, DIMENSIONS], of variance 1.
    """

    since: Integers
    age: Integers
    gender: Integers
    country: Integers
    language: Integers
    device: Integers
    activity: Floats
    taste: Floats

    def part(self, every: int, first: int) -> Users:
        """Every so many users, from one on."""
        return Users(*(getattr(self, name)[first::every] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Apps:
    """m apps, in the order in which they come.

    Attributes:
        since: int32 [m], the day on which each comes, from 0; before it, where that is below 0.
        category, developer: int32 [m], indices.
        price: float32 [m], 0 of most.
        popularity: float32 [m], how often each is proposed, relative to others.
        quality: float32 [m], of variance 1.
        place: float32 [m, DIMENSIONS], of variance 1 / DIMENSIONS.
    """

    since: Integers
    category: Integers
    developer: Integers
    price: Floats
    popularity: Floats
    quality: Floats
    place: Floats


def users(number: int, days: int, random: np.random.Generator) -> Users:
    """Draws users."""
    age = random.integers(*AGES, number, dtype=np.int32)
    gender, country = (random.integers(0, high, number, dtype=np.int32) for high in (2, len(COUNTRIES)))
    groups = random.standard_normal((7, 2, len(COUNTRIES), DIMENSIONS), np.float32)
    own = random.standard_normal((number, DIMENSIONS), np.float32)
    return Users(
        since=_arrivals(number, days, random),
        age=age,
        gender=gender,
        country=country,
        # Most speak their country's.
        language=np.where(
            random.random(number) < 0.8, country % len(LANGUAGES), random.integers(0, len(LANGUAGES), number)
        ).astype(np.int32),
        device=random.choice(len(DEVICES), number, p=(0.3, 0.4, 0.2, 0.1)).astype(np.int32),
        activity=_zipf(number, _USER_ZIPF, random),
        taste=np.float32(_OF_GROUP**0.5) * groups[age // 10 - 1, gender, country]
        + np.float32((1 - _OF_GROUP) ** 0.5) * own,
    )


def apps(number: int, days: int, random: np.random.Generator) -> Apps:
    """Draws apps."""
    category = random.integers(0, len(CATEGORIES), number, dtype=np.int32)
    centres = random.standard_normal((len(CATEGORIES), DIMENSIONS), np.float32)
    own = random.standard_normal((number, DIMENSIONS), np.float32)
    place = np.float32(_OF_CATEGORY**0.5) * centres[category] + np.float32((1 - _OF_CATEGORY) ** 0.5) * own
    since = _arrivals(number, days, random)
    is_old = since == 0
    since[is_old] = -random.integers(0, 1000, is_old.sum())
    paid = random.random(number) < 0.2
    return Apps(
        since=since,
        category=category,
        developer=random.integers(0, max(1, number // _APPS_A_DEVELOPER), number, dtype=np.int32),
        price=np.where(paid, np.round(np.exp(random.normal(1, 0.7, number)), 2), 0).astype(np.float32),
        popularity=_zipf(number, _APP_ZIPF, random),
        quality=random.standard_normal(number, np.float32),
        place=place * np.float32(DIMENSIONS**-0.5),
    )


def _arrivals(number: int, days: int, random: np.random.Generator) -> Integers:
    """Rising days."""
    later = np.sort(random.integers(1, max(2, days), number - round(_AT_FIRST * number)))
    return np.concatenate([np.zeros(round(_AT_FIRST * number), np.int32), later]).astype(np.int32)


def _zipf(number: int, exponent: float, random: np.random.Generator) -> Floats:
    weights: Floats = (np.arange(1, number + 1) ** -exponent).astype(np.float32)
    return random.permutation(weights)
