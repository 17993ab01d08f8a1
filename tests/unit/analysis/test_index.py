"""The index: what it reads, how deeply, and that the depth changes nothing that is reported."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from index_support import index_of

from poollint.analysis.index import Index
from poollint.catalogue.catalogue import load_catalogue
from poollint.engine.request import Request
from poollint.engine.run import run
from poollint.model.finding import Finding
from poollint.model.settings import Depths
from poollint.syntax.source import SourceError

FIXTURES = Path(__file__).parents[3] / "fixtures"
OTHERS = [Depths(scan=False), Depths(outline=False), Depths(scan=False, outline=False)]
HOT = "import redis\ndef f(): return redis.Redis()\n"


@pytest.fixture(scope="module")
def fixtures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixtures in a root of their own, so that this project's files are not read with them."""
    return Path(shutil.copytree(FIXTURES, tmp_path_factory.mktemp("root") / "fixtures"))


@pytest.fixture(scope="module")
def expected(fixtures: Path) -> list[Finding]:
    return reported(fixtures, Depths())


def reported(folder: Path, depths: Depths) -> list[Finding]:
    request = Request(
        overrides={"select": ("ALL",), "min_confidence": "low", "jobs": 1},
        working_directory=str(folder),
        depths=depths,
    )
    report = run(request)
    assert report.errors == ()
    return list(report.findings)


@pytest.mark.parametrize("depths", OTHERS, ids=["no scan", "no outline", "neither"])
def test_with_a_depth_switched_off_the_findings_are_equal(
    fixtures: Path, expected: list[Finding], depths: Depths
) -> None:
    assert reported(fixtures, depths) == expected


def test_the_fixtures_that_this_compares_have_findings(expected: list[Finding]) -> None:
    assert len({finding.code for finding in expected}) > 5


def test_without_the_scan_every_file_is_a_candidate() -> None:
    files = {"a.py": HOT, "b.py": "x = 1\n"}
    assert index_of(files).candidates == {"a.py"}
    index = index_of(files, Depths(scan=False))
    assert index.candidates == {"a.py", "b.py"}
    assert index.may_hold_sites("b.py")


def test_a_judged_files_form_takes_the_outlines_place() -> None:
    index = index_of({"a.py": HOT})
    outlined = index.project.file("a.py")
    lowered = index.lowered("a.py")
    file = index.project.file("a.py")
    assert file is not None and outlined is not None
    assert file.form is lowered.form
    assert file.form == outlined.form
    assert index.lowered("a.py") is lowered


def test_without_the_outline_libcst_reads_what_is_asked() -> None:
    index = index_of({"a.py": HOT, "b.py": "x = 1\n"}, Depths(outline=False))
    file = index.project.file("b.py")
    assert file is not None
    assert file.form is index.lowered("b.py").form


@pytest.mark.parametrize("depths", [Depths(), *OTHERS])
def test_files_that_cannot_be_read_do_not_stop_it(depths: Depths) -> None:
    files: dict[str, str | bytes] = {
        "good.py": HOT + "import bad, binary, deep, strange\nbad.f(); binary.f(); deep.f(); strange.f()\n",
        "bad.py": "import redis\ndef f(:\n",
        "binary.py": b"import redis\n\xff\xfe\x00",
        "deep.py": "import redis\nx = " + "(" * 500 + ")" * 500 + "\n",
        "strange.py": "# coding: nonsense\nimport redis\n",
    }
    index = index_of(files, depths)
    assert "good.py" in index.candidates
    assert [path for path in files if index.project.file(path) is not None] == ["good.py"]
    with pytest.raises(SourceError):
        index.lowered("bad.py")
    with pytest.raises(SourceError):
        index.source("binary.py")


def test_a_file_that_vanished_is_known_by_its_path_only(tmp_path: Path) -> None:
    paths = frozenset({"a.py", "gone.py"})
    (tmp_path / "a.py").write_text("import redis, gone\nr = redis.Redis()\n")
    index = Index(tmp_path, paths, load_catalogue(), lambda path: (tmp_path / path).read_bytes())
    assert index.candidates == {"a.py"}
    assert index.project.file("gone.py") is None
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        index.source("gone.py")


def test_links_out_of_the_root_are_never_read(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "app").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.py").write_text(HOT)
    (root / "app" / "a.py").write_text(HOT)
    os.symlink(outside / "secret.py", root / "app" / "link.py")
    os.symlink(outside, root / "linked")
    os.symlink(root / "app" / "a.py", root / "inner.py")
    read: list[str] = []

    def reading(path: str) -> bytes:
        read.append(path)
        return (root / path).read_bytes()

    paths = frozenset({"app/a.py", "app/link.py", "linked/secret.py", "inner.py", "../outside/secret.py"})
    index = Index(root, paths, load_catalogue(), reading)
    assert index.candidates == {"app/a.py", "inner.py"}
    assert set(read) == {"app/a.py", "inner.py"}
    with pytest.raises(SourceError, match="outside"):
        index.source("linked/secret.py")


def test_libcst_is_not_imported_where_no_file_is_lowered() -> None:
    code = """
import sys
from pathlib import Path
from poollint.analysis.collect import Analysis
from poollint.analysis.index import Index
from poollint.catalogue.catalogue import load_catalogue
catalogue = load_catalogue()
files = {"a.py": b"import redis\\ndef f(): return redis.Redis()\\n", "b.py": b"from a import f\\n"}
index = Index(Path("/nowhere"), frozenset(files), catalogue, files.__getitem__)
facts = Analysis(index.project, index.candidates, catalogue).facts("a.py")
print(len(facts.constructs), "libcst" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1 False\n"


def test_what_is_known_does_not_hang_on_the_order_of_questions() -> None:
    files = {"db.py": HOT, "a.py": "from db import f\ndef g(): return f()\n", "b.py": "import a\na.g()\n"}
    one, other = index_of(files), index_of(files)
    other.project.file("b.py")
    other.lowered("a.py")
    assert one.candidates == other.candidates
    forms = [[index.project.file(path) for path in sorted(files)] for index in (one, other)]
    assert json.dumps([repr(file and file.form) for file in forms[0]]) == json.dumps(
        [repr(file and file.form) for file in forms[1]]
    )
