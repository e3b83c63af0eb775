"""What is asked: networks, their symmetry, groups and how they act."""
