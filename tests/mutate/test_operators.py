# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from hhf_testbed.mutate.operators import faults

SOURCE = b"""\
#define COUNT 4
struct a { u32 b; };
/* a < b */
static int f(struct a *q)
{
\tint i, x = 1;

\tif (q->b < COUNT)
\t\tx += q->b;
\tfor (i = 0; i < COUNT; i++)
\t\tlist_add_tail(&q->b, &q->new_buckets);
\treturn -EINVAL;
}
"""


def names() -> set[str]:
    return {fault.name for fault in faults(SOURCE)}


@pytest.mark.parametrize(
    "name",
    [
        "f: if (q->b < COUNT) -> if (q->b <= COUNT)",
        "f: if (q->b < COUNT) -> if (q->b >= COUNT)",
        "f: if (q->b < COUNT) -> if (((q->b < COUNT)) && 0)",
        "f: if (q->b < COUNT) -> if (((q->b < COUNT)) || 1)",
        "f: x += q->b; -> x -= q->b;",
        "f: x += q->b; -> x = q->b;",
        "f: x += q->b; -> ;",
        "f: for (i = 0; i < COUNT; i++) -> for (i = 1; i < COUNT; i++)",
        "f: list_add_tail(&q->b, &q->new_buckets); -> list_add(&q->b, &q->new_buckets);",
        "f: list_add_tail(&q->b, &q->new_buckets); -> list_add_tail(&q->b, &q->old_buckets);",
        "f: return -EINVAL; -> return 0;",
        "file: struct a { u32 b; }; -> struct a { u16 b; };",
        "file: #define COUNT 4 -> #define COUNT 8",
    ],
)
def test_this_fault_is_found(name: str) -> None:
    assert name in names()


def test_comments_have_no_faults() -> None:
    assert not any("/*" in name for name in names())


def test_every_fault_changes_the_source_and_none_is_there_twice() -> None:
    texts = [fault.apply(SOURCE) for fault in faults(SOURCE)]
    assert SOURCE not in texts
    assert len(set(texts)) == len(texts)
    assert len(names()) == len(texts)


def test_the_name_of_a_fault_does_not_depend_on_its_line() -> None:
    moved = {fault.name for fault in faults(b"\n\n" + SOURCE)}
    assert moved == names()


@pytest.mark.parametrize("text", [b"", b"no C at all", b"\0\xff\xfe", b"int x;\n"])
def test_what_has_no_function_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="no function"):
        faults(text)
