"""Grading one student's answers to a graph, or a whole folder of them."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from graphtrace.annotate.facts import GraphFacts
from graphtrace.annotate.table import Column, Table, as_text
from graphtrace.errors import AnswersError
from graphtrace.exercise.answers import TABLES, Answers
from graphtrace.exercise.closeness import Closeness
from graphtrace.exercise.judge import judge
from graphtrace.exercise.problem import Problem
from graphtrace.exercise.reading import KINDS, answers_from, read_answers
from graphtrace.exercise.report import KIND_WORDS, Report, csv_text, json_rows
from graphtrace.run.state import State

__all__ = ["Given", "GradeChoice", "Grades", "Student", "grade_answers", "grade_folder"]

Given = Answers | Mapping[str, Any] | str | os.PathLike[str]
COLUMNS = (
    Column("student", "name"),
    Column("score", "value", right=True),
    Column("right", "value", right=True),
    Column("wrong", "value", right=True),
    Column("follows", "value", right=True),
    Column("missing", "value", right=True),
    Column("first wrong step", "name"),
    Column("mistake", "quiet"),
    Column("error", "quiet"),
)


HEADING = [column.title.replace(" ", "_") for column in COLUMNS]


class GradeChoice(TypedDict, total=False):
    """How answers are graded; see `grade_answers`."""

    tolerance: float
    digits: int
    asked: Given | None


def grade_answers(
    state: State,
    facts: GraphFacts,
    answers: Given,
    *,
    tolerance: float = 1e-6,
    digits: int = 2,
    asked: Given | None = None,
) -> Report:
    """Return the report on answers to a graph whose backward pass was run.

    Parameters
    ----------
    answers: tables as in ``{"values": {"h2": "20.09"}, "grads": {"y": 40.17}}``, or a file.
    tolerance: share of the right number that an answer may be off.
    digits: significant digits that an answer needs at least.
    asked: names the answers that are asked for, as a worksheet's key does; without it all that
        are there, blanks included.

    Raises
    ------
    AnswersError: for unknown names, text where a number belongs, and files that cannot be read.
    """
    wanted = None if asked is None else answers_from(asked)
    problem = Problem.of(state, facts)
    given = answers_from(answers)
    if not any(given.tables().values()) and wanted is None:
        raise AnswersError("there are no answers; fill in values, grads, locals or contributions")
    return Report(tuple(judge(problem, given, Closeness(tolerance, digits), wanted)))


@dataclass(frozen=True, slots=True)
class Student:
    """One student's file: its report, or the error that it could not be read for."""

    name: str
    report: Report | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Grades:
    """The grades of all students, by the names of their files."""

    students: tuple[Student, ...]

    @property
    def ok(self) -> bool:
        """Whether every file could be read and nothing is wrong in any."""
        return all(student.report is not None and student.report.ok for student in self.students)

    def table(self) -> Table:
        """Return one row a student."""
        rows = tuple(tuple(row) for row in map(_row, self.students))
        return Table(f"{len(rows)} student{'s'[: len(rows) > 1]}", COLUMNS, rows)

    def __str__(self) -> str:
        return f"{as_text(self.table())}\n{self.sentence()}\n"

    def sentence(self) -> str:
        """Return how many have everything right, and how many files could not be read."""
        reports = [student.report for student in self.students if student.report is not None]
        right = sum(report.ok and report.score == 1 for report in reports)
        broken = len(self.students) - len(reports)
        text = f"{right} of {len(self.students)} have everything right"
        return text + (f", {broken} could not be read" if broken else "")

    def details(self) -> str:
        """Return nothing more: what is wrong is in each student's report."""
        return ""

    def as_csv(self) -> str:
        """Return one row a student, with a heading, for spreadsheets."""
        return csv_text([HEADING, *map(_row, self.students)])

    def as_json(self) -> str:
        """Return ``{"ok", "students": [{"student", "error", "report"}]}`` as strict JSON."""
        rows = [
            {
                "student": student.name,
                "error": student.error,
                "report": None if student.report is None else student.report.as_data(),
            }
            for student in self.students
        ]
        return json_rows({"ok": self.ok, "students": rows}, "students")


def grade_folder(
    state: State,
    facts: GraphFacts,
    folder: str | os.PathLike[str],
    *,
    tolerance: float = 1e-6,
    digits: int = 2,
    asked: Given | None = None,
    but: Iterable[str | os.PathLike[str]] = (),
) -> Grades:
    """Return the grades of every file of answers in a folder, by the names of the files.

    Without `asked`, what any of them answers is asked of all. A file that cannot be read gets
    its error. Files in `but` are left out.

    Raises
    ------
    AnswersError: when there is no file of answers.
    """
    files = _files(Path(folder), but)
    problem, closeness = Problem.of(state, facts), Closeness(tolerance, digits)
    stems = [file.stem for file in files]
    names = [file.stem if stems.count(file.stem) == 1 else file.name for file in files]
    read: dict[str, Answers | str] = {}
    for name, file in zip(names, files, strict=True):
        try:
            read[name] = read_answers(file)
        except AnswersError as error:
            read[name] = str(error)
    wanted = _answered_by_any(problem, read.values()) if asked is None else answers_from(asked)
    students = []
    for name, found in read.items():
        if isinstance(found, str):
            students.append(Student(name, None, found))
            continue
        try:
            report = Report(tuple(judge(problem, found, closeness, wanted)))
            students.append(Student(name, report))
        except AnswersError as error:
            students.append(Student(name, None, str(error)))
    return Grades(tuple(students))


def _files(folder: Path, but: Iterable[str | os.PathLike[str]]) -> list[Path]:
    left_out = {os.path.realpath(path) for path in but}
    try:
        found = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise AnswersError(
            f"{folder}: {error.strerror or error}; give a folder of answers"
        ) from None
    files = [
        path
        for path in found
        if path.suffix.lower() in KINDS
        and not path.name.startswith(".")
        and path.is_file()
        and os.path.realpath(path) not in left_out
        and not _is_summary(path)
    ]
    if not files:
        raise AnswersError(f"{folder}: no file of answers in it ({', '.join(KINDS)})")
    return files


def _is_summary(path: Path) -> bool:
    """Whether a file is a summary that was made here before."""
    heading = ",".join(HEADING).encode()
    try:
        with path.open("rb") as file:
            return file.read(len(heading)) == heading
    except OSError:
        return False


def _answered_by_any(problem: Problem, several: Iterable[Answers | str]) -> Answers:
    """Return the names of everything that was answered in any file."""
    tables: dict[str, dict[str, None]] = {table: {} for table in TABLES}
    for answers in several:
        if isinstance(answers, str):
            continue
        for table, rows in answers.tables().items():
            for name in rows:
                with suppress(AnswersError):
                    tables[table] |= {problem.names[problem.find(table, name)[0]]: None}
    values, grads, locals_, contributions = tables.values()
    return Answers(values, grads, locals_, contributions)


def _row(student: Student) -> tuple[str, ...]:
    report = student.report
    if report is None:
        return (student.name, *[""] * (len(COLUMNS) - 2), student.error)
    first, counts = report.first_wrong, report.counts
    step = mistake = ""
    if first is not None:
        step = f"{KIND_WORDS[first.table]} {first.name}"
        mistake = first.suspicions[0].kind if first.suspicions else ""
    numbers = [str(counts[word]) for word in ("right", "wrong", "follows", "missing")]
    return student.name, f"{report.score:.3f}", *numbers, step, mistake, ""
