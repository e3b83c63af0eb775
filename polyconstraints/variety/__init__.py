"""What a network may be when only the whole must be symmetric."""
