"""The API does what its description says, whatever is asked: no answer of 5xx."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from dragoman.serving import Settings, make_app
from dragoman.serving.library import Library
from dragoman.store import Run, Store
from reports import rich_report

schemathesis = pytest.importorskip("schemathesis")
checks = pytest.importorskip("schemathesis.checks")

#: How many requests of each kind; give more with DRAGOMAN_API_EXAMPLES.
EXAMPLES = int(os.environ.get("DRAGOMAN_API_EXAMPLES", "10"))
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
RUN = Run("run1", datetime(2024, 5, 4, 12, tzinfo=UTC), "test", "test")


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    path = tmp_path_factory.mktemp("api") / "news.duckdb"
    with Store.open(path) as store:
        store.add([rich_report(1)], RUN)
    library = Library(path)
    library._fill_search()
    hosts = frozenset({"testserver", "localhost", "127.0.0.1"})
    app = make_app(library, Settings(path, hosts=hosts, watch=False, rules_only=True))
    with app.state.coder:
        pass  # loaded here: it may take longer than a request may
    yield schemathesis.openapi.from_asgi("/api/openapi.json", app)
    library.close()


def test_no_answer_is_an_error_of_ours(described):
    asked = 0
    for result in described.get_all_operations():
        operation = result.ok()
        if operation.path == "/api/progress":
            continue  # it goes on for as long as it is asked to
        asked += 1

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case):
            case.validate_response(case.call(timeout=120), checks=CHECKS)

        check()
    assert asked >= 14
