"""A real scheduler of Dask and its workers, each a process of its own, for tests."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[__name__.count(".")]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Farm:
    """A scheduler and some workers, each a process of its own, as on machines of their own."""

    def __init__(self, folder, workers=3):
        self.file = folder / "scheduler.json"
        paths = os.pathsep.join([str(ROOT), *sys.path])
        self.env = os.environ | {"PYTHONPATH": paths, "DASK_DISTRIBUTED__DASHBOARD__LINK": ""}
        self.folder = folder
        told = ("--scheduler-file", str(self.file))
        self.processes = [self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *told)]
        self.address = self._address()  # a port that is free now may be taken by another test before it is used
        self.workers = [self.add() for _ in range(workers)]

    def _address(self):
        """Where the scheduler listens, as soon as its file says so."""
        for _ in range(3000):
            try:
                return json.loads(self.file.read_text())["address"]
            except (FileNotFoundError, ValueError):  # not there yet, or half written
                assert self.processes[0].poll() is None, "the scheduler has ended"
                time.sleep(0.1)
        raise AssertionError("the scheduler has not begun to listen")

    def start(self, *words, **more):
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, env=self.env | more, cwd=self.folder, **quiet)

    def add(self, **more):
        process = self.start("worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard", **more)
        self.processes.append(process)
        return process

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()
