"""Companion package of a notebook series on variational autoencoders."""
