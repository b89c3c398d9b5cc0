"""Sweeps on workers of dask: the same values as in one process, workers that die, and a scheduler that is lost."""

import os
import shutil
import signal
import subprocess
import threading

import pytest

from engine.sweep import remote
from engine.sweep.cluster import local_cluster, measure_on, remote_cluster
from engine.sweep.counting import count_points
from engine.sweep.measuring import measure_here
from engine.sweep.running import open_folder, run_sweep
from engine.sweep.worker_settings import TlsFiles
from engine.text.problems import ProjectError
from gui.command_line.main import main
from tests.engine.test_sweep import plan
from tests.test_sweep_command import PROJECT, rows_of

pytest.importorskip("distributed", reason="dask.distributed is not installed")
SWEEP = plan("thin/reduce.filters=1..24", measure=("error",), against="wide")


@pytest.fixture(scope="module")
def client():
    """Two workers; a point is given up when its worker has died twice."""
    import dask

    with dask.config.set({"distributed.scheduler.allowed-failures": 1}), local_cluster(2) as client:
        yield client


def by_point(measured):
    return {counted.point: (values, problem) for counted, values, problem in measured}


def test_workers_measure_what_one_process_does(client):
    here = by_point(measure_here(SWEEP)(count_points(SWEEP)))
    there = by_point(measure_on(client, SWEEP)(count_points(SWEEP)))
    assert {point: values["error_fitted"] for point, (values, _) in there.items()} == pytest.approx(
        {point: values["error_fitted"] for point, (values, _) in here.items()}, rel=1e-5
    )
    assert len(there) == 24
    assert not any(problem for _, problem in there.values())


def test_a_point_that_has_no_error_has_the_same_reason(client):
    sweep = plan("thin/conv.filters=7,8", measure=("error",), against="wide")
    assert by_point(measure_on(client, sweep)(count_points(sweep))) == by_point(
        measure_here(sweep)(count_points(sweep))
    )


def test_times_are_of_one_thread(client):
    sweep = plan("thin/conv.filters=7,8", measure=("ms",))
    values = [values for values, _ in by_point(measure_on(client, sweep)(count_points(sweep))).values()]
    assert all(row["machine"].endswith(", 1 thread") for row in values)
    assert len(values) == 2


def measured_with(measure, client, monkeypatch, sweep=SWEEP):
    """The values and the problem of each point, "" for none, with this function of a point in the workers."""

    def measure_all(_message, points):
        return [measure(point) for point in points]

    for function in (measure, measure_all):
        function.__module__ = "__main__"  # of which pickles hold functions themselves, not their names
    monkeypatch.setattr(remote, "measure_remotely", measure_all)
    return by_point(measure_on(client, sweep)(count_points(sweep)))


def worker_of(_point):
    import os
    import time

    time.sleep(0.004)
    return {"worker": os.getpid()}, ""


def test_points_that_differ_in_the_last_axis_alone_are_measured_by_one_worker(client, monkeypatch):
    monkeypatch.setattr("engine.sweep.cluster._TASK_SECONDS", 60)  # else a busy machine makes tasks short
    sweep = plan("thin/reduce.filters=1..8", "thin/conv.filters=1..8", measure=("error",), against="wide")
    done = measured_with(worker_of, client, monkeypatch, sweep)
    assert len(done) == 64
    workers = [{values["worker"] for (first, _), (values, _) in done.items() if first == row} for row in range(8)]
    assert len(set.union(*workers)) == 2
    assert all(len(own) == 1 for own in workers[1:]), "the first points are tasks of their own: their time is unknown"


def test_a_worker_that_is_killed_loses_no_point(client):
    done = {}
    for counted, _, problem in measure_on(client, SWEEP)(count_points(SWEEP)):
        done[counted.point] = problem
        if len(done) == 3:
            os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
    assert list(done.values()) == [""] * 24


def deadly(point):
    import os
    import signal

    if point == (20,):
        os.kill(os.getpid(), signal.SIGKILL)
    return {}, ""


def failing(point):
    if point == (6,):
        raise OSError("no disk")
    return {}, ""


def problems_with(measure, client, monkeypatch):
    return {point: problem for point, (_, problem) in measured_with(measure, client, monkeypatch).items()}


def test_a_point_that_fails_each_time_has_a_row_with_the_reason(client, monkeypatch):
    problems = problems_with(failing, client, monkeypatch)
    assert len(problems) == 24
    assert {point: text for point, text in problems.items() if text} == {(6,): "failed 4 times: OSError: no disk"}


def test_only_the_point_that_kills_its_workers_has_a_row_with_the_reason(client, monkeypatch):
    """Neighbours in its task, and tasks that wait for its worker, are blamed as well until each is tried alone."""
    monkeypatch.setattr("engine.sweep.cluster._TASK_SECONDS", 60)  # a task has up to 16 points
    problems = problems_with(deadly, client, monkeypatch)
    assert len(problems) == 24
    assert {point: text for point, text in problems.items() if text} == {(20,): "its worker died 2 times"}


def test_a_second_cluster_of_the_machine_starts_without_a_warning(client):
    with local_cluster(0) as second:
        assert second.status == "running"


def test_the_command_measures_on_a_cluster(client, tmp_path, capsys, qapp):
    (tmp_path / "p.toml").write_text(PROJECT, encoding="utf-8")
    address = client.scheduler.address
    assert main(["sweep", str(tmp_path / "p.toml"), "--scheduler", address, "--out", str(tmp_path / "out")]) == 0
    assert "each worker needs about " in capsys.readouterr().err
    assert sum(bool(row["error_fitted"]) for row in rows_of(tmp_path / "out")) == 8


def test_a_scheduler_that_is_lost_leaves_the_rows_and_the_sweep_continues(client, tmp_path):
    """The last test with this cluster."""

    def end_scheduler(progress):
        if progress.done == 3:
            threading.Thread(target=client.cluster.close).start()

    with pytest.raises(ProjectError, match="the scheduler is lost"), open_folder(SWEEP, tmp_path) as file:
        run_sweep(SWEEP, file, measure_on(client, SWEEP), end_scheduler)
    before = len(rows_of(tmp_path))
    assert 3 <= before <= 24
    with open_folder(SWEEP, tmp_path) as file:
        assert len(file.rows) == before
        run_sweep(SWEEP, file, measure_here(SWEEP), lambda progress: None)
    assert len(rows_of(tmp_path)) == 24


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr("engine.sweep.cluster._START_SECONDS", 0.3)
    with (
        pytest.raises(ProjectError, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"),
        remote_cluster("tcp://127.0.0.1:9", TlsFiles()),
    ):
        pass


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Certificates of two authorities, and one that the first of them has signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    new = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    calls = [[*new, "-x509", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}"] for name in "ab"]
    calls.append([*new, "-keyout", "own.key", "-out", "own.csr", "-subj", "/CN=own"])
    calls.append(
        [
            "openssl",
            "x509",
            "-req",
            "-in",
            "own.csr",
            "-CA",
            "a.pem",
            "-CAkey",
            "a.key",
            "-CAcreateserial",
            "-out",
            "own.pem",
        ]
    )
    for call in calls:
        subprocess.run(call, cwd=folder, check=True, capture_output=True)
    return folder


def test_a_cluster_with_tls_measures_and_refuses_other_certificates(certificates):
    import distributed

    ca, other, own, key = (str(certificates / name) for name in ("a.pem", "b.pem", "own.pem", "own.key"))
    ends = {
        f"tls_{end}_{part}": file
        for end in ("scheduler", "worker", "client")
        for part, file in (("cert", own), ("key", key))
    }
    security = distributed.Security(tls_ca_file=ca, require_encryption=True, **ends)
    settings = {"n_workers": 1, "processes": False, "dashboard_address": None, "silence_logs": 50, "host": "127.0.0.1"}
    with distributed.LocalCluster(protocol="tls://", security=security, **settings) as cluster:
        with remote_cluster(cluster.scheduler_address, TlsFiles(ca, own, key)) as client:
            done = by_point(measure_on(client, SWEEP)(count_points(SWEEP)))
        for files, words in (
            (TlsFiles(other, own, key), "no scheduler answers at tls"),
            (TlsFiles(ca, own, None), "TLS needs a certificate, its key"),
            (TlsFiles(ca, own, str(certificates / "gone.key")), "cannot be read: No such file"),
        ):
            with pytest.raises(ProjectError, match=words), remote_cluster(cluster.scheduler_address, files):
                pass
    assert len(done) == 24
    assert not any(problem for _, problem in done.values())
