"""What a grading comes to: counts, the first wrong step, text, tables, JSON."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphtrace.annotate.table import Column, Table, as_text, cell
from graphtrace.exercise.judge import Verdict
from graphtrace.render.data import dump, plain_value

__all__ = ["KIND_WORDS", "Report", "csv_text", "json_rows"]

STATUSES = ("right", "wrong", "follows", "missing")
SHOWN = 2
"""So many explanations of a wrong step are printed; JSON has all."""
WIDEST = 28
KIND_WORDS = {
    "values": "value",
    "grads": "gradient",
    "locals": "local",
    "contributions": "contribution",
}
FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.]+(e[+-]?\d+)?$)")
COLUMNS = (
    Column("kind", "quiet"),
    Column("step", "name"),
    Column("answer", "value", right=True),
    Column("right", "gradient", right=True),
    Column("verdict", "quiet"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """The verdicts on one sheet, in dependency order."""

    verdicts: tuple[Verdict, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many of what was asked are right, wrong, follow from wrong ones, or are missing."""
        asked = [verdict.status for verdict in self.verdicts if verdict.asked]
        return {status: asked.count(status) for status in STATUSES}

    @property
    def asked(self) -> int:
        """How many answers were asked for."""
        return sum(verdict.asked for verdict in self.verdicts)

    @property
    def score(self) -> float:
        """The share of right answers among those asked for; 1 when nothing was."""
        return self.counts["right"] / self.asked if self.asked else 1.0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; what is missing is not."""
        return all(verdict.status in ("right", "missing") for verdict in self.verdicts)

    @property
    def first_wrong(self) -> Verdict | None:
        """The first wrong step in dependency order; None when there is none."""
        return next((verdict for verdict in self.verdicts if verdict.status == "wrong"), None)

    def __str__(self) -> str:
        details = self.details()
        text = f"{as_text(self.table())}\n{self.sentence()}\n"
        return f"{text}\n{details}" if details else text

    def details(self) -> str:
        """Return what is wrong in plain words, the first wrong step first; empty for nothing."""
        wrong = [verdict for verdict in self.verdicts if verdict.status == "wrong"]
        heads = ["First wrong step", *["Wrong too"] * (len(wrong) - 1)]
        return "\n".join(map(explained, wrong, heads))

    def sentence(self) -> str:
        """Return the counts in one sentence."""
        counts = self.counts
        parts = [f"{counts['right']} of {self.asked} right"]
        if counts["wrong"]:
            parts.append(f"{counts['wrong']} wrong")
        if counts["follows"]:
            word = "follows" if counts["follows"] == 1 else "follow"
            parts.append(f"{counts['follows']} {word} from a wrong number")
        if counts["missing"]:
            parts.append(f"{counts['missing']} missing")
        extra = len(self.verdicts) - self.asked
        return ", ".join(parts) + (f"; {extra} more were not asked for" if extra else "")

    def table(self) -> Table:
        """Return one row an answer."""
        rows = tuple(
            (
                KIND_WORDS[verdict.table],
                verdict.title.removeprefix("local "),
                _cut(verdict.answer) or "–",
                cell(verdict.right),
                _short(verdict),
            )
            for verdict in self.verdicts
        )
        return Table("Answers, in dependency order", COLUMNS, rows)

    def as_data(self) -> dict[str, object]:
        """Return the report as plain data.

        ``{"ok", "asked", "right", "wrong", "follows", "missing", "score", "first_wrong",
        "answers"}``; of each answer ``{"kind", "name", "status", "answer", "right", "equation",
        "mistakes": [{"kind", "words", "at"}], "follows_from": [...], "remark", "asked"}``.
        ``first_wrong`` is such an answer or null; kinds of mistakes are the keys of
        `graphtrace.exercise.kinds.KINDS`.
        """
        first = self.first_wrong
        return {
            "ok": self.ok,
            "asked": self.asked,
            **self.counts,
            "score": self.score,
            "first_wrong": None if first is None else _answer(first),
            "answers": [_answer(verdict) for verdict in self.verdicts],
        }

    def as_csv(self) -> str:
        """Return one row an answer, with a heading, for spreadsheets."""
        rows = [
            (
                verdict.table,
                verdict.name,
                verdict.status,
                verdict.answer,
                dump(plain_value(verdict.right)),
                verdict.suspicions[0].kind if verdict.suspicions else "",
                "; ".join(verdict.follows),
            )
            for verdict in self.verdicts
        ]
        heading = ("kind", "name", "status", "answer", "right", "mistake", "follows_from")
        return csv_text([heading, *rows])

    def as_json(self) -> str:
        """Return the report as strict JSON, one answer a line; see `as_data`."""
        return json_rows(self.as_data(), "answers")


def explained(verdict: Verdict, heading: str) -> str:
    """Return what is wrong with an answer, in plain words with its equation."""
    lines = [f"{heading}: {KIND_WORDS[verdict.table]} {verdict.title.removeprefix('local ')}"]
    lines.append(f"  answered: {verdict.answer}")
    if verdict.remark:
        lines.append(f"            {verdict.remark}")
    lines.append(f"  right:    {verdict.equation}")
    for place, found in enumerate(verdict.suspicions[:SHOWN]):
        where = f" (in {found.at})" if found.at else ""
        lines.append(f"  {'perhaps:' if place == 0 else 'or:     '}  {found.words}{where}")
    return "\n".join(lines) + "\n"


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _short(verdict: Verdict) -> str:
    """Return a verdict in a few words."""
    if verdict.status == "follows":
        return f"consistent with your {', '.join(verdict.follows)}"
    if verdict.status == "wrong" and verdict.suspicions:
        return f"wrong ({verdict.suspicions[0].kind})"
    return verdict.status + (f" ({verdict.remark})" if verdict.remark else "")


def _answer(verdict: Verdict) -> dict[str, object]:
    return {
        "kind": verdict.table,
        "name": verdict.name,
        "status": verdict.status,
        "answer": verdict.answer,
        "right": plain_value(verdict.right),
        "equation": verdict.equation,
        "mistakes": [
            {"kind": found.kind, "words": found.words, "at": found.at}
            for found in verdict.suspicions
        ],
        "follows_from": list(verdict.follows),
        "remark": verdict.remark,
        "asked": verdict.asked,
    }


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV; no cell but a number is read as a formula by spreadsheet programs."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(["'" + cell if FORMULA.match(cell) else cell for cell in row])
    return text.getvalue()


def json_rows(data: dict[str, object], key: str) -> str:
    """Return data as strict JSON; the rows under the key, which is the last, one a line."""
    rows = data[key]
    assert isinstance(rows, Sequence)
    head = "".join(
        f"{dump(name)}: {dump(value)},\n " for name, value in data.items() if name != key
    )
    lines = ",\n".join("  " + dump(row) for row in rows)
    return "{" + head + f"{dump(key)}: [" + (f"\n{lines}\n ]" if rows else "]") + "}\n"
