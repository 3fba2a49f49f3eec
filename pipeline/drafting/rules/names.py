"""What the names of columns say: an id, a code, a person, an item, a time."""

from __future__ import annotations

import re


def words(name: str) -> list[str]:
    """The words of a name: of userId and USER_ID alike user and id."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]


_IDS = {"id", "ids", "uid", "uuid", "guid", "key", "index", "idx", "rowid", "hash", "ip"}
# Of numbers that are names: their order says nothing.
_CODES = {
    "city", "country", "state", "region", "code", "zip", "zipcode", "postcode", "plz", "phone", "sku", "ean", "isbn",
    "category", "type", "class",
}  # fmt: skip
_PERSONS = {
    "user", "users", "userid", "uid", "customer", "customerid", "visitor", "member", "person", "client", "account",
    "subscriber", "household", "patient", "player", "reviewer", "cookie", "device",
}  # fmt: skip
_ITEMS = {
    "item", "itemid", "items", "product", "productid", "movie", "film", "video", "song", "track", "artist", "album",
    "book", "ad", "advert", "creative", "campaign", "banner", "article", "news", "app", "sku", "asin", "offer", "genre",
    "genres", "category", "brand", "publisher", "author", "title", "price", "listing", "restaurant", "hotel", "job",
    "candidate", "merchant", "seller", "recipe", "release", "image", "package", "developer", "clothing", "department",
}  # fmt: skip
# Whole numbers of such a name are names themselves; what may count, as items or a campaign's calls, is not among them.
_ONE = {
    "user", "customer", "visitor", "member", "client", "subscriber", "player", "reviewer", "patient", "cookie",
    "device", "item", "product", "movie", "film", "video", "song", "track", "artist", "album", "book", "ad", "advert",
    "creative", "banner", "article", "app", "offer", "listing", "restaurant", "hotel", "merchant", "seller", "recipe",
}  # fmt: skip
_TIMES = {
    "time",
    "timestamp",
    "ts",
    "date",
    "datetime",
    "hour",
    "day",
    "created",
    "at",
    "when",
    "month",
    "week",
    "unix",
}


def says_id(name: str) -> bool:
    """Whether a name is that of an id."""
    parts = words(name)
    return bool(parts) and (
        bool(set(parts) & _IDS) or (parts[-1].endswith("id") and parts[-1][:-2] in _PERSONS | _ITEMS)
    )


def says_one(name: str) -> bool:
    """Whether a name is just what an id may be called, as user or item."""
    parts = words(name)
    return len(parts) == 1 and parts[0] in _ONE


def says_code(name: str) -> bool:
    """Whether a name is that of an id or a code, whose order says nothing."""
    return says_id(name) or bool(set(words(name)) & _CODES)


def says_person(name: str) -> bool:
    """Whether a name is that of the person who sees or buys."""
    return bool(set(words(name)) & _PERSONS)


def says_item(name: str) -> bool:
    """Whether a name is that of what is shown, or of a part of it."""
    return bool(set(words(name)) & _ITEMS) and not says_person(name)


def says_time(name: str) -> bool:
    """Whether a name is that of a moment."""
    return bool(set(words(name)) & _TIMES)
