"""Faults put in on purpose. ``make test`` runs them in a short form, ``make faults`` in full."""

import os

FULL = os.environ.get("FAULTS") == "full"


def times(short, full):
    """How often: a few times, or as often as promised."""
    return full if FULL else short
