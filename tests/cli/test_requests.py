"""Wrong requests: one line on standard error, exit code 2, nothing half-written, no traceback."""

import pytest

VERBS = ("render", "table", "check")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["f = lnn(x)", "--at", "x=1"], ["lnn", "did you mean"]),
        (["y = x*z", "--at", "x=1"], ["'z'", "z=1"]),
        (["y = x", "--at", "x=1,q=2"], ["q"]),
        (["y = ", "--at", "x=1"], []),
        (["", "--at", "x=1"], []),
        (["y = x +", "--at", "x=1"], []),
        (["y = x; y = 2 = x", "--at", "x=1"], []),
        (["__import__('os').system('touch broken')"], ["__import__"]),
        (["x.__class__", "--at", "x=1"], ["__class__"]),
        (["(lambda: x)()", "--at", "x=1"], []),
        (["[x for x in y]", "--at", "y=1"], []),
        (["open('broken', 'w')"], ["open"]),
        (["x if x else 'a'", "--at", "x=1"], []),
        (["y = x + z", "--at", "x=[1,2],z=[1,2,3]"], ["(2,)", "(3,)"]),
        (["y = x", "--at", "x"], ["expected name=value"]),
        (["y = x", "--at", "@missing.json"], ["missing.json", "No such file"]),
        (["y = x", "extra", "--at", "x=1"], ["extra"]),
        (["y = x", "--att", "x=1"], ["--att"]),
        (["y = x", "--at"], ["--at"]),
        (["-x", "--at", "x=1"], ["put -- before an expression"]),
        ([], ["SOURCE"]),
        (["(" * 5000 + "x" + ")" * 5000, "--at", "x=1"], []),
        (["--at", "x=1", "--", "-" * 50_000 + "x"], []),
        (["y = " + "+".join(["x"] * 2_500_000) + "+", "--at", "x=1"], []),
        (["y = " + "9" * 5000 + "*x", "--at", "x=1"], []),
        (["y = x\0", "--at", "x=1"], []),
        (["y = \ud800", "--at", "x=1"], []),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, list) else "",
)
def test_a_wrong_request_is_one_line(cli, tmp_path, verb, arguments, words):
    assert cli(verb, *arguments).is_refusal(*words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["render", "table"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--at", "x=[1,2]"], ["(2,)", "seed"]),
        (["--at", "x=[1,2]", "--seed", "[1,2,3]"], ["(3,)", "(2,)"]),
        (["--at", "x=1", "--seed", "[1]"], ["(1,)"]),
        (["--at", "x=1", "--seed", "one"], ["--seed", "'one' is not a number"]),
        (["--at", "x=1", "--output", "nope"], ["nope"]),
    ],
)
def test_a_backward_pass_that_cannot_start_is_one_line(cli, tmp_path, verb, arguments, words):
    assert cli(verb, "y = x * 2", *arguments).is_refusal(*words)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_verb_is_refused(cli):
    assert cli("tabel").is_refusal("tabel")


def test_an_expression_that_begins_with_a_minus_follows_two_dashes(cli):
    assert cli("table", "--at", "x=1", "--", "-x").code == 0


@pytest.mark.parametrize("verb", ["render", "table", "check", "examples"])
def test_help_has_an_example(cli, verb):
    outcome = cli(verb, "--help")
    assert outcome.code == 0
    assert f"Example: graphtrace {verb}" in outcome.out


def test_no_arguments_print_the_verbs(cli):
    outcome = cli()
    assert outcome.code == 0
    assert all(verb in outcome.out for verb in ("render", "table", "check", "examples"))


def test_the_version_is_printed(cli):
    outcome = cli("--version")
    assert outcome.code == 0
    assert outcome.out.startswith("graphtrace ")


def test_whatever_is_raised_anywhere_is_one_line(cli, monkeypatch):
    class Odd(BaseException):
        pass

    def fail(*_, **__):
        raise Odd("from afar")

    monkeypatch.setattr("graphtrace.Graph.backward", fail)
    outcome = cli("table", "y = x", "--at", "x=1")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "Odd: from afar" in outcome.err
