"""The archive's commands, as users call them."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

import sources as make
from dragoman import cli

ONE = "NAIROBI, May 4, 2024 (Wire) - Brazil’s foreign minister met the foreign minister of Kenya."
TWO = "LIMA, May 4, 2024 (Wire) - Peru expelled three diplomats of Chile on Friday."


@pytest.fixture
def run(monkeypatch, capsys, coder, tmp_path):
    """Return a function that runs a command in a folder of its own."""
    monkeypatch.setattr(cli, "_coder", lambda model, *more: coder)
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as end:
            cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return SimpleNamespace(code=end.value.code or 0, out=out, err=err)

    return call


def numbers(result) -> dict[str, int]:
    return {k: v for k, v in json.loads(result.out).items() if v}


def test_from_ingest_to_forget(run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.txt").write_text(ONE)
    (tmp_path / "in" / "two.eml").write_bytes(make.mail(TWO))
    (tmp_path / "in" / "bad.pdf").write_bytes(b"%PDF-1.4 nothing")
    first = run("ingest", "in", "--json")
    assert (first.code, numbers(first)) == (3, {"added": 2, "rejected": 1})
    assert "in/bad.pdf" in first.err
    again = run("ingest", "in", "in/*.txt", "--json")
    assert (again.code, numbers(again)) == (0, {"known": 4})
    query = run("query", "--json", "SELECT count(*) AS n FROM events WHERE type = 'CONSULT'")
    assert json.loads(query.out) == {"n": 1}
    digest = run("digest", "--out", "all.jsonl").out
    assert len(digest.strip()) == 64
    assert (tmp_path / "all.jsonl").read_text().count('["documents"') == 2
    assert run("retry", "--json").code == 4
    assert run("digest").out == digest
    assert "happenings" in run("link").out
    gone = run("forget", "--text", "expelled", "--yes")
    assert gone.out.startswith("forgot 1 reports")
    assert run("digest").out != digest
    assert numbers(run("ingest", "in", "--json")) == {"known": 3}
    assert run("forget", "--text", "nowhere at all", "--yes").code == 4
    assert run("forget", "--yes").code == 2
    assert "ok" in run("doctor", "--db", "news.duckdb", "--repair").out.splitlines()[-1]


def test_copies_count_once_after_every_command(run, tmp_path, monkeypatch, coder):
    """Happenings are those of what the store holds, whoever changed it last."""
    (tmp_path / "in").mkdir()
    for number, end in enumerate(("", " It gave no reason.", " Talks go on.")):
        (tmp_path / "in" / f"{number}.txt").write_text(TWO + end)

    def count():
        result = run("query", "--json", "SELECT sum(events) AS n FROM dyad_days")
        return json.loads(result.out)["n"], "not up to date" in result.err

    run("ingest", "in", "--no-link")
    assert count() == (3, True)
    run("ingest", "in")  # nothing is new, but what a stopped run left is linked
    assert count() == (1, False)
    monkeypatch.setattr(coder, "version", "newer")
    run("recode")
    assert count() == (1, False)
    run("forget", "--text", "gave no reason", "--yes")
    assert count() == (1, False)
    (tmp_path / "news.duckdb").unlink()
    assert count() == (2, True)
    run("doctor", "--db", "news.duckdb", "--repair")
    assert count() == (1, False)


def test_refetch_needs_fetch(run):
    assert run("ingest", "a.txt", "--refetch").code == 2


def test_code_later_and_compare(run, tmp_path, coder, monkeypatch):
    (tmp_path / "a.jsonl").write_bytes(make.rows(ONE, TWO))
    assert numbers(run("ingest", "a.jsonl", "--no-code", "--json")) == {"added": 2}
    later = run("ingest", "a.jsonl")
    assert "2 older reports are not coded" in later.err
    assert numbers(run("recode", "--json")) == {"replaced": 2}
    assert numbers(run("recode", "--json")) == {}
    changed = run("diff", "--json").out.splitlines()
    assert {json.loads(line)["what"] for line in changed} == {"added"}
    monkeypatch.setattr(coder, "version", "newer")
    assert numbers(run("recode", "--json")) == {"replaced": 2}
    assert "no difference" in run("diff").out
    assert run("diff", "nosuch", "other").code == 1


def test_a_list_of_addresses_is_not_fetched_unasked(run, tmp_path):
    (tmp_path / "list.urls").write_text("https://news.example/1\nhttps://news.example/2\n")
    result = run("ingest", "list.urls", "--no-code", "--json")
    assert (result.code, numbers(result)) == (4, {"rejected": 1})
    assert "give --fetch" in result.err
    private = run("ingest", "http://127.0.0.1/a", "--fetch", "--no-code", "--json")
    assert numbers(private) == {"rejected": 1}
    assert "not public" in private.err


def test_columns(run, tmp_path):
    (tmp_path / "a.csv").write_text("kop;woorden\nTalks;Peru met Chile.\n")
    (tmp_path / "c.toml").write_text('[columns]\ntext = "woorden"\n')
    assert numbers(run("ingest", "a.csv", "--no-code", "--json")) == {"rejected": 1}
    result = run("ingest", "a.csv", "--columns", "c.toml", "--no-code", "--json")
    assert numbers(result) == {"added": 1}


def test_rows_without_a_text_are_read_with_other_columns(run, tmp_path):
    (tmp_path / "a.csv").write_text("words,who\nPeru met Chile in Lima.,Post\n,Post\n")
    (tmp_path / "c.toml").write_text('[columns]\ntext = "words"\npublisher = "who"\n')
    assert run("ingest", "a.csv", "--no-code").code == 4
    again = run("retry", "--columns", "c.toml", "--no-code", "--json")
    assert (again.code, numbers(again)) == (3, {"added": 1, "rejected": 1})
    found = json.loads(run("query", "SELECT text, publisher FROM documents", "--json").out)
    assert found == {"text": "Peru met Chile in Lima.", "publisher": "Post"}
    left = json.loads(run("query", "SELECT source, message FROM rejected", "--json").out)
    assert left["source"] == "a.csv#3"
    assert "none of the columns words" in left["message"]


def test_measure_of_duplicates(run, tmp_path):
    (tmp_path / "gold.toml").write_text(
        "[[cluster]]\nname = 'a'\n"
        + "".join(
            f"[[cluster.report]]\npublished = 2024-05-04\npublisher = '{name}'\n"
            f"text = '''{text}'''\n"
            for name, text in (
                ("A", TWO),
                ("B", "Peru expelled three Chilean diplomats on Friday."),
            )
        )
    )
    result = json.loads(run("evaluate", "duplicates", "gold.toml", "--json").out)
    assert (result["reports"], result["clusters"], result["f1"]) == (2, 1, 1.0)


def test_watch_once(run, tmp_path):
    (tmp_path / "feeds.toml").write_text("[[feed]]\nurl = 'http://127.0.0.1:9/feed'\n")
    result = run("watch", "feeds.toml", "--once", "--no-code")
    assert result.code == 3
    assert "only ports 80 and 443" in result.err


DOCS = Path(__file__).parent.parent / "docs"


def test_every_reason_is_documented():
    """docs/limits.md names each reason for which a source is set aside."""
    reasons = set()
    for path in (DOCS.parent / "src" / "dragoman").rglob("*.py"):
        if "evaluation" in path.parts:
            continue  # files of cases, not of news
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                names = {"InputError", "Rejected"} | ({"Flaw"} if "ingest" in path.parts else set())
                if node.func.id in names and len(node.args) > 1:
                    given = node.args[1]
                    given = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
                    reasons |= {c.value for c in given if isinstance(c, ast.Constant)}
    text = (DOCS / "limits.md").read_text(encoding="utf-8")
    assert len(reasons) > 40
    assert {reason for reason in reasons if f"`{reason}`" not in text} == set()


def test_every_column_is_documented(run, tmp_path):
    """docs/archive.md names each view with its columns."""
    (tmp_path / "a.txt").write_text(ONE)
    run("ingest", "a.txt", "--no-code")
    lines = (DOCS / "archive.md").read_text(encoding="utf-8").splitlines()
    sql = "SELECT view_name AS v FROM duckdb_views() WHERE NOT internal"
    views = [json.loads(line)["v"] for line in run("query", sql, "--json").out.splitlines()]
    for view in views:
        (row,) = [line for line in lines if line.startswith(f"| `{view}` |")]
        told = re.findall(r"[a-z_0-9]+", re.sub(r"\([^)]*\)", "", row.split("|")[3]))
        columns = run("query", f"SELECT column_name AS c FROM (DESCRIBE {view})", "--json").out
        found = [json.loads(line)["c"] for line in columns.splitlines()]
        assert sorted(told) == sorted(found), view
    assert len(views) > 10
