# SPDX-License-Identifier: GPL-2.0-or-later
"""iperf3: its command lines, its reports, and how we know that it listens."""

import json
import os
import socket
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.traffic.iperf3 import Flow, listens, read_report, received_bps


def flow(**values: Any) -> Flow:
    return Flow("bulk-001", "b1", "B1", IPv4Address("10.1.0.6"), 5201, **values)


def test_the_server_sends_so_the_client_asks_for_reverse() -> None:
    argv = flow(seconds=22.5).client_argv()
    assert argv[:5] == ["iperf3", "--client=10.1.0.6", "--port=5201", "--json", "--reverse"]
    assert argv[5:] == ["--time=22.5", "--congestion=cubic"]


@pytest.mark.parametrize(("size", "block"), [(50_000, 50_000), (131_073, 131_072)])
def test_a_flow_of_bytes_is_written_in_one_block_if_it_fits(size: int, block: int) -> None:
    argv = flow(size_bytes=size, congestion="reno").client_argv()
    assert argv[5:] == [f"--bytes={size}", f"--length={block}", "--congestion=reno"]


def test_without_congestion_control_it_is_udp_at_a_rate() -> None:
    argv = flow(seconds=5.0, congestion=None, udp_bps=20_000_000).client_argv()
    assert argv[5:] == ["--time=5", "--udp", "--bitrate=20000000"]


def test_a_server_serves_once_and_gives_up_if_nobody_comes() -> None:
    assert flow(seconds=1.0).server_argv(86) == [
        "iperf3", "--server", "--one-off", "--json", "--port=5201", "--idle-timeout=86",
    ]  # fmt: skip


def test_a_whole_report_is_read(tmp_path: Path) -> None:
    report = {"start": {}, "end": {"sum_received": {"bits_per_second": 4.7e7}}}
    (tmp_path / "r.json").write_text(json.dumps(report))
    assert read_report(tmp_path / "r.json") == report
    assert received_bps(report) == 4.7e7


def test_udp_has_one_sum_for_both_sides() -> None:
    assert received_bps({"end": {"sum": {"bits_per_second": 19_999_000}}}) == 19_999_000.0


@pytest.mark.parametrize("text", ["", '{"start": {', None])
def test_a_missing_or_cut_off_report_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "r.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(LabFailure, match=f"^{file} is no report of iperf3: "):
        read_report(file)


def test_an_error_in_a_report_is_passed_on(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('{"start": {}, "error": "unable to connect"}')
    with pytest.raises(LabFailure, match=r"^iperf3 reported in r.json: unable to connect$"):
        read_report(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_a_socket_listens_from_listen_to_close(family: int, address: str) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as server:
        try:
            server.bind((address, 0))
        except OSError:
            pytest.skip(f"this machine has no {address}")
        port = server.getsockname()[1]
        assert not listens(os.getpid(), port)
        server.listen()
        assert listens(os.getpid(), port)
    assert not listens(os.getpid(), port)


def test_a_connection_to_a_port_is_not_listening_on_it() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert not listens(os.getpid(), client.getsockname()[1])


def test_a_process_that_is_gone_listens_nowhere() -> None:
    assert not listens(2**22 + 1, 80)
