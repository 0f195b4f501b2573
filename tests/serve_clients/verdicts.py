"""What was checked and how it went: a line each, counted at the end."""


class Verdicts:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []

    def check(self, name, holds, found=""):
        if holds:
            self.passed += 1
            print(f"  ok      {name}", flush=True)
        else:
            self.failed.append(name)
            print(f"  FAILED  {name}: {found}", flush=True)

    def equal(self, name, found, wanted):
        self.check(name, found == wanted, f"found {found!r}, wanted {wanted!r}")

    def skip(self, name, why):
        self.skipped.append(name)
        print(f"  skipped {name}: {why}", flush=True)

    def close(self):
        """Prints the closing line; the exit status."""
        for name in self.failed:
            print(f"failed: {name}")
        print(f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped")
        return int(bool(self.failed))
