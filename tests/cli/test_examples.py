"""`graphtrace examples`: the list, a run by the first letters, and the page of all."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.conftest import plots

FILES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("s*.py"))


def test_the_list_names_every_example_with_a_line(cli):
    lines = cli("examples").out.splitlines()
    assert [line.split()[0] for line in lines] == [path.stem for path in FILES]
    assert all(len(line.split()) > 3 for line in lines)
    for line, path in zip(lines, FILES, strict=True):
        thumbnail = Path(line.split()[-1])
        assert thumbnail.stem == path.stem
        head = thumbnail.read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(head[16:20], "big") == 320


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_runs_by_the_first_letters_of_its_name(cli, oracle, tmp_path, path):
    if plots(path):
        oracle("matplotlib")
    outcome = cli("examples", path.stem[:3], "-o", "pictures")
    assert (outcome.code, outcome.err) == (0, "")
    assert list((tmp_path / "pictures").glob(f"{path.stem}*.svg"))
    report = (tmp_path / "pictures" / f"{path.stem}.txt").read_text(encoding="utf-8")
    assert report == outcome.out != ""
    for line in report.splitlines():
        if line.startswith("Picture: "):
            assert (tmp_path / line.removeprefix("Picture: ")).is_file()


def test_an_unknown_example_is_refused(cli):
    assert cli("examples", "s99").is_refusal("'s99' is no example")
    assert cli("examples", "s").is_refusal("fits several", "s01_log_exp")
    assert cli("examples", "s01_log_xep").is_refusal("did you mean 's01_log_exp'")


def test_a_folder_that_cannot_be_made_is_one_line(cli, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    outcome = cli("examples", "s01", "-o", "file")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "file: File exists" in outcome.err


def test_a_missing_extra_is_one_line(shell, environment, tmp_path):
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "matplotlib.py").write_text("raise ImportError\n", encoding="utf-8")
    environment["PYTHONPATH"] += f":{tmp_path / 'hidden'}"
    environment["PYTHONPATH"] = ":".join(reversed(environment["PYTHONPATH"].split(":")))
    outcome = shell("examples", "s19", "-o", "out")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "pip install 'graphtrace[plot]'" in outcome.err
    assert not (tmp_path / "out" / "s19_growth.svg").exists()


def test_all_or_one(cli):
    assert cli("examples", "s01", "--all").is_refusal("a name or --all, not both")


def test_an_interrupted_run_leaves_whole_files_only(environment, tmp_path):
    command = [sys.executable, "-u", "-m", "graphtrace_cli", "examples", "--all", "-o", "out"]
    run = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert run.stdout is not None
    run.stdout.readline()  # the first example is done
    run.send_signal(signal.SIGINT)
    _, err = run.communicate()
    # Within Graphviz the signal itself ends the process, which a shell calls 130 too.
    assert run.returncode in (130, -signal.SIGINT)
    assert b"Traceback" not in err
    assert not (tmp_path / "out" / "index.html").exists()
    files = [path for path in (tmp_path / "out").iterdir() if path.is_file()]
    assert files
    for path in files:
        assert not path.name.startswith(".")
        if path.suffix == ".svg":
            assert path.read_text(encoding="utf-8").rstrip().endswith("</svg>")


PROBE = """<script>
addEventListener("load", () => {
  const images = [...document.images];
  const loaded = images.filter((image) => image.complete && image.naturalWidth > 0);
  document.body.dataset.images = `${loaded.length} of ${images.length}`;
});
</script></body>"""


def visit(chromium, page):
    """Open a page in a headless browser; return its tree and what went to the console."""
    done = subprocess.run(
        [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         "--dump-dom", page.as_uri()],
        capture_output=True, text=True, encoding="utf-8", check=True, timeout=120,
    )  # fmt: skip
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_the_page_of_all_opens_in_a_browser_without_an_error(shell, oracle, program, tmp_path):
    oracle("matplotlib")
    chromium = program("chromium")
    assert shell("examples", "--all", "-o", "out").code == 0
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'(?:src|href)="([a-z]+:|#)', page)) == {"data:", "#"}
    assert page.count(' src="') == page.count('src="data:image/svg+xml;base64,')
    assert all(f'<section id="{path.stem}">' in page for path in FILES)
    probe = tmp_path / "out" / "probe.html"
    probe.write_text(
        page.replace("default-src 'none'", "script-src 'unsafe-inline'").replace("</body>", PROBE),
        encoding="utf-8",
    )
    assert visit(chromium, tmp_path / "out" / "index.html")[1] == []
    tree, console = visit(chromium, probe)
    count = page.count("<img")
    assert f'data-images="{count} of {count}"' in tree
    assert console == []
    # What the check would see of a page that fails.
    probe.write_text("<body><script>console.error('broken')</script></body>", encoding="utf-8")
    assert visit(chromium, probe)[1]
