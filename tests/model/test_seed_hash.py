# SPDX-License-Identifier: GPL-2.0-or-later
from ipaddress import ip_address

import pytest

from hhf_testbed.errors import RequestError
from hhf_testbed.model.seed_hash import jhash_3words, seed_hash

# The expected numbers were printed by a C program made of the text of include/linux/jhash.h.
PERTURBATION = 0x1234_5678
PORTS = (5001).to_bytes(2, "big") + (80).to_bytes(2, "big")
STROP = (80).to_bytes(2, "big") + (5001).to_bytes(2, "big")


def octets(address: str) -> bytes:
    return ip_address(address).packed


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((0, 0, 0, 0), 0x1B68E557),
        ((1, 2, 3, 4), 0x8103143F),
        ((0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0xDEADBEEF), 0xF1C92D62),
    ],
)
def test_jhash_agrees_with_the_kernels_header(
    words: tuple[int, int, int, int], expected: int
) -> None:
    assert jhash_3words(*words) == expected


def test_the_2013_hash_of_a_tcp_packet_and_of_its_answer_differ() -> None:
    client, server = octets("10.0.0.1"), octets("10.0.0.2")
    assert seed_hash(client, server, 6, PORTS, PERTURBATION) == 0x8D3FD0CF
    assert seed_hash(server, client, 6, STROP, PERTURBATION) == 0x04F9CD96


def test_ipv6_addresses_are_folded_to_one_word() -> None:
    source, destination = octets("2001:db8::1"), octets("2001:db8::2")
    assert seed_hash(source, destination, 17, PORTS, PERTURBATION) == 0xF800D15E
    source, destination = (
        octets("fe80:1:ffff:3:1234:5678:9abc:def1"),
        octets("fe80:1:ffff:3:1234:5678:9abc:def2"),
    )
    assert seed_hash(source, destination, 17, PORTS, PERTURBATION) == 0xC1F3806C


def test_the_perturbation_changes_the_hash() -> None:
    source, destination = octets("10.0.0.1"), octets("10.0.0.2")
    hashes = {seed_hash(source, destination, 6, PORTS, secret) for secret in range(100)}
    assert len(hashes) == 100


def test_an_address_of_five_bytes_is_refused() -> None:
    with pytest.raises(RequestError, match="is 5 bytes long; allowed is 4 or 16"):
        seed_hash(b"12345", b"1234", 6, PORTS, 0)
