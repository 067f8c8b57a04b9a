"""The results: a row each, printed as a table and written as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """What was measured, and the bound that it has to keep where there is one."""

    name: str
    value: float
    unit: str = "x"
    least: float | None = None
    most: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None where there is none."""
        if self.least is not None:
            return self.value >= self.least
        return None if self.most is None else self.value <= self.most

    @property
    def target(self) -> str:
        """The bound in words."""
        if self.least is not None:
            return f"at least {self.least:g}"
        return "" if self.most is None else f"at most {self.most:g}"


def show(rows: list[Row]) -> str:
    """The table."""
    lines = [f"{'':<58} {'measured':>10}  {'target':<14}"]
    for row in rows:
        verdict = {True: "met", False: "NOT MET", None: ""}[row.met]
        value = f"{row.value:.3g} {row.unit}"
        lines.append(f"{row.name:<58} {value:>10}  {row.target:<14} {verdict:<8} {row.note}".rstrip())
    return "\n".join(lines)


def save(rows: list[Row], facts: dict[str, object], path: Path) -> None:
    """Write rows and facts for programs."""
    document = {"facts": facts, "rows": [{**asdict(row), "met": row.met} for row in rows]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")
