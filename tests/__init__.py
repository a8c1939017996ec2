"""Tests of the package, and of the notebooks that teach with it."""
