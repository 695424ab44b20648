"""How many tests passed, failed, were skipped: what every tier returns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """Results of some tests; `failures` name the failed ones."""

    passed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = ()

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.passed + other.passed, self.skipped + other.skipped, self.failures + other.failures)

    def line(self) -> str:
        """The closing line: "N passed, N failed", with ", N skipped" where some were."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {len(self.failures)} failed{skipped}"


def one(name: str, passed: bool) -> Counts:
    """The result of a single test."""
    return Counts(passed=1) if passed else Counts(failures=(name,))
