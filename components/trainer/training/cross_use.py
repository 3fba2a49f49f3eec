"""Whether a cross has buckets enough: how many different combinations the data hold, and how many of them collide.

Nobody counts combinations: there may be billions. The number of buckets that they use tells it well enough. With U
of B buckets used, linear counting (Whang, Vander-Zanden and Taylor 1990, "A linear-time probabilistic counting
algorithm for database applications") estimates

    D = -B ln(1 - U/B)        with standard error sqrt(B (e^t - t - 1)), t = D/B

Two combinations in one bucket share a weight, so the model can't tell them apart. A combination meets at least one of
the other D - 1 with probability 1 - (1 - 1/B)^(D - 1), which is the expected share of those that collide.
"""

from __future__ import annotations

import itertools
import math

from pydantic import Field

from widedeep.components.common.records import Record

# A cross is too small where most combinations share a weight, and large enough with twice as many buckets as
# combinations, of which 1 - e^(-1/2), four in ten, still collide. In between nothing is worth a warning.
MOST_COLLISIONS = 0.5
BUCKETS_A_COMBINATION = 2


class CrossUse(Record):
    """How full a cross is."""

    name: str = Field(description="the cross")
    buckets: int = Field(description="that it has")
    used: int = Field(description="buckets in which any example of the split train falls")
    fill: float = Field(description="used / buckets")
    distinct: float = Field(
        description="about how many different combinations there are; where no bucket is free, at least how many"
    )
    standard_error: float | None = Field(description="of `distinct`; null where no bucket is free")
    collision_rate: float = Field(
        description="expected share of the combinations that share their bucket with another; where no bucket is free, "
        "at least that"
    )
    warning: str | None = Field(description="what to do about a cross that is too small; else null")

    @property
    def too_small(self) -> bool:
        """Whether more than half of the combinations are expected to collide (MOST_COLLISIONS)."""
        return self.collision_rate > MOST_COLLISIONS


def use(name: str, buckets: int, used: int) -> CrossUse:
    """Estimates what a cross holds.

    Example: 632 of 1,000 buckets used are what 1,000 combinations leave, as 1,000 ln(1,000/368) = 999.7.

    Args:
        name: of the cross, for the warning.
        buckets: 2 or more.
        used: how many different buckets the train split uses, 0 to `buckets`.

    Raises:
        ValueError: `used` is not in that range.
    """
    if not 0 <= used <= buckets:
        raise ValueError(f"cross {name}: {used} of {buckets} buckets can't be used.")
    full = used == buckets
    # Where none is free, at least what one free bucket would say.
    free = max(buckets - used, 1)
    # -ln(1 - U/B) as ln(1 + U/(B - U)), which keeps its digits both near 0 and near B.
    distinct = max(buckets * math.log1p((buckets - free) / free), float(used))
    load = distinct / buckets
    rate = -math.expm1(max(distinct - 1, 0.0) * math.log1p(-1 / buckets))
    return CrossUse(
        name=name,
        buckets=buckets,
        used=used,
        fill=used / buckets,
        distinct=distinct,
        standard_error=None if full else math.sqrt(buckets * max(math.expm1(load) - load, 0.0)),
        collision_rate=rate,
        warning=_warning(name, buckets, distinct, rate, full) if rate > MOST_COLLISIONS else None,
    )


def _warning(name: str, buckets: int, distinct: float, rate: float, full: bool) -> str:
    least, more = ("at least ", " or more") if full else ("", "")
    return (
        f"cross {name}: {least or 'about '}{_three_digits(distinct):,} different combinations "
        f"share {buckets:,} buckets ({least}{math.floor(100 * rate)} % of them collide): "
        f"raise its buckets to {enough(distinct):,}{more}."
    )


def enough(distinct: float) -> int:
    """Buckets for so many combinations: twice as many, rounded up to 1, 2 or 5 times a power of ten."""
    wanted = max(BUCKETS_A_COMBINATION * distinct, 2.0)
    sizes = (factor * int(10**power) for power in itertools.count() for factor in (1, 2, 5))
    return next(size for size in sizes if size >= wanted)


def _three_digits(value: float) -> int:
    return round(float(f"{value:.3g}"))
