"""A real scheduler of Dask and its workers, each a process of its own, for tests."""

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
        port = free_port()
        self.address = f"tcp://127.0.0.1:{port}"
        self.file = folder / "scheduler.json"
        paths = os.pathsep.join([str(ROOT), *sys.path])
        self.env = os.environ | {"PYTHONPATH": paths, "DASK_DISTRIBUTED__DASHBOARD__LINK": ""}
        self.folder = folder
        self.processes = [
            self.start("scheduler", "--port", str(port), "--no-dashboard", "--scheduler-file", str(self.file))
        ]
        for _ in range(600):  # it writes the file when it listens
            if self.file.exists():
                break
            time.sleep(0.1)
        self.workers = [self.add() for _ in range(workers)]

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
