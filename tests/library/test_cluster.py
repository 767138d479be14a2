"""A batch on a real Ray cluster: the same results as without it, also when one of its two nodes is killed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.library.rebuild import check
from analyzer.library.run import Telling
from tests.library.test_batch_killed import results
from tests.library_folders import Shelf, cut, hangs_on_b, slow_fake, small

SAMPLES = Path(__file__).parents[2] / "samples"
CALLS = 16


@pytest.fixture
def nodes() -> Iterator[Any]:
    """A cluster of two nodes on this machine, two places for actors each."""
    pytest.importorskip("ray", reason="Ray is not installed (analyzer[cluster])")
    from ray.cluster_utils import Cluster

    # A dead node is noticed within seconds in place of half a minute; nothing else is different.
    soon = {"health_check_period_ms": 1000, "health_check_timeout_ms": 2000, "health_check_failure_threshold": 3}
    head = {"num_cpus": 2, "include_dashboard": False, "_system_config": {**soon, "health_check_initial_delay_ms": 0}}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    second = cluster.add_node(num_cpus=2)
    cluster.wait_for_nodes()
    try:
        yield cluster, second
    finally:
        cluster.shutdown()


@pytest.mark.slow
@pytest.mark.timeout(240)  # a cluster that waits for something waits for ever
def test_a_node_that_is_killed_costs_a_retry_and_nothing_else(nodes: Any, tmp_path: Path) -> None:
    from analyzer.library.cluster import join

    cluster, second = nodes
    shelf = Shelf(tmp_path / "calls", tmp_path / "out")
    for number in range(CALLS):
        small(shelf.folder / f"{number}.wav", number)
    workers = join(cluster.address, shelf.settings, slow_fake, actors=4)
    ended: list[float] = []
    killed: list[float] = []

    def event(name: str, path: Path | None, more: object) -> None:
        if name == "done":
            ended.append(time.monotonic())
            if len(ended) == 4:
                threading.Thread(target=kill).start()

    def kill() -> None:
        cluster.remove_node(second, allow_graceful=False)
        killed.append(time.monotonic())

    run = shelf.batch(telling=Telling(event), workers=workers)
    assert killed
    assert killed[0] < ended[-1], "the node was killed in mid-run"
    assert run.failed == []
    assert len(run.done) == CALLS
    alone = Shelf(tmp_path / "calls", tmp_path / "alone")
    alone.batch()
    assert results(shelf.out) == results(alone.out)
    with shelf.catalog() as catalog:
        assert check(shelf.out, catalog) == ()


@pytest.mark.slow
@pytest.mark.timeout(240)  # a cluster that waits for something waits for ever
def test_an_actor_that_hangs_is_killed_and_another_goes_on_in_its_place(nodes: Any, tmp_path: Path) -> None:
    from analyzer.library.cluster import join
    from analyzer.library.limits import Limits

    cluster, _ = nodes
    shelf = Shelf(tmp_path / "calls", tmp_path / "out")
    for name in ("a", "b", "c"):
        small(shelf.folder / f"{name}.wav", ord(name))
    workers = join(cluster.address, shelf.settings, hangs_on_b, actors=1)
    workers.limits = Limits(least=20.0)
    run = shelf.batch(workers=workers)
    assert sorted(summary.name for summary in run.done) == ["a", "c"]
    assert "b.wav: it took longer than" in run.failed[0].message


@pytest.mark.slow
@pytest.mark.timeout(240)  # a cluster that waits for something waits for ever
@pytest.mark.models
def test_real_models_hear_the_same_on_a_cluster(nodes: Any, tmp_path: Path) -> None:
    from analyzer.library.cluster import join
    from analyzer.library.workers import Processes

    cluster, _ = nodes
    shelf = Shelf(tmp_path / "calls", tmp_path / "out")
    cut(SAMPLES / "led-call.ogg", shelf.folder / "a.wav", 0.0, 20.0)
    run = shelf.batch(workers=join(cluster.address, shelf.settings, actors=1))
    assert [summary.name for summary in run.done] == ["a"]
    alone = Shelf(tmp_path / "calls", tmp_path / "alone")
    alone.batch(workers=Processes(alone.settings, 1))
    assert results(shelf.out) == results(alone.out)


def test_a_cluster_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed (analyzer[cluster])")
    from analyzer.errors import LibraryError
    from analyzer.library.cluster import join

    with pytest.raises(LibraryError, match="does not answer") as found:
        join("127.0.0.1:1", Shelf(tmp_path / "calls", tmp_path / "out").settings)
    assert "\n" not in found.value.line()


def test_the_single_machine_path_does_not_know_ray() -> None:
    import subprocess
    import sys

    code = "import analyzer.library.batch, analyzer.library.workers, sys; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
