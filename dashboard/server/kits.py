"""Several kits of sensors on one dashboard: where each of them is reached.

A kit is known by its number, in the order in which the hubs were named. The first has the plain
addresses, so that a dashboard with one kit knows nothing of numbers.
"""

from collections.abc import Iterator, Sequence


def prefix_of(kit: int) -> str:
    """Path below which the stream, the steering and the status of a kit lie."""
    return "/imu" if kit == 1 else f"/imu/kits/{kit}"


def prefixes_of(hubs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Return for each kit the path of its addresses, and its hub."""
    return ((prefix_of(kit), hub) for kit, hub in enumerate(hubs, 1))
