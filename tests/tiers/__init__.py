"""The tiers of tests/run."""
