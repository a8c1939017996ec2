"""What the series costs and what its tests catch, measured."""
