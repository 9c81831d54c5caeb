"""``/imu/consent/{athlete}``: one tap on the page saves that an athlete has agreed."""

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from dashboard.server.answers import athlete_route
from dashboard.server.kits import prefix_of

if TYPE_CHECKING:
    from imuhip.catalogue.catalogue import Catalogue

PURPOSE: Final = "measuring and keeping the recordings"


def consent_route(catalogue: str | None, prefix: str = prefix_of(1)) -> Route:
    """The route that writes consents into one catalogue (path or URL; the user's own when None)."""
    path = f"{prefix}/consent/{{athlete}}"
    return athlete_route(path, catalogue, _write_down, method="POST", refused=409)


def _write_down(catalogue: "Catalogue", athlete: str) -> dict[str, str]:
    """Add the athlete if new, and the consent unless one stands."""
    known = {each.id: each.consent for each in catalogue.athletes()}
    if athlete not in known:
        catalogue.add_athlete(athlete)
    if known.get(athlete) != "given":
        catalogue.give_consent(athlete, PURPOSE)
    return {"consent": "given"}
