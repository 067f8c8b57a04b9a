"""The network of a virtual machine, without a machine."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples.process import run
from tests.vm.emulator import PROJECT
from tests.vm.network import SERVER, network

pytestmark = pytest.mark.vm

_MAKE = """
import sys, time
from pathlib import Path
from tests.vm.network import network
with network(Path(sys.argv[1])):
    print(flush=True)
    time.sleep(60)
"""


def test_this_computer_is_in_it_and_nobody_else(tmp_path: Path) -> None:
    with network(tmp_path) as net:
        addresses = run(*net.inside("ip", "-brief", "address"))
        assert f"{SERVER}/24" in addresses
        assert [line.split()[0] for line in addresses.splitlines()] == ["lo", "wire0"]
        name = net.namespace
        assert name in run("ip", "netns", "list")
    assert name not in run("ip", "netns", "list")


def test_nothing_of_it_outlives_a_program_that_is_killed(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", _MAKE, str(tmp_path)]
    with subprocess.Popen(argv, cwd=PROJECT, stdout=subprocess.PIPE) as program:
        assert program.stdout
        program.stdout.readline()
        server = Path("/proc", (tmp_path / "dnsmasq.pid").read_text().strip())
        name = f"rescue-{program.pid}-{server.name}"
        assert "dnsmasq" in (server / "cmdline").read_text()
        program.send_signal(signal.SIGKILL)
    run("timeout", "10", "sh", "-c", f"while [ -e {server}/exe ]; do sleep 0.1; done")
    run("ip", "netns", "delete", name)
