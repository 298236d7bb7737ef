"""How hard the property tests try: few examples, the same everywhere; or, with `MOVERS_CHAOS=long`, many new ones."""

import os

from hypothesis import HealthCheck, settings

LONG = os.environ.get("MOVERS_CHAOS") == "long"
SPEED = [HealthCheck.too_slow]  # says more about the machine than about the test

settings.register_profile(
    "short", deadline=None, derandomize=True, database=None, suppress_health_check=SPEED, max_examples=60
)
settings.register_profile(
    "long", deadline=None, print_blob=True, suppress_health_check=SPEED, max_examples=1000
)
settings.load_profile("long" if LONG else "short")
