# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds places for faults in a C source, by its syntax and not by its lines.

What a qdisc's author gets wrong: comparisons, off-by-one, constants and lists that are swapped,
an update or a notification forgotten, a wrong unit, default, check, count, or width.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import tree_sitter_c
from tree_sitter import Language, Node, Parser

from hhf_testbed.mutate.fault import Fault

Change = tuple[str, Node, bytes]
"""Operator, node to replace, and its new text."""

SWAPS: Final = {
    "comparison": {
        "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"),
        "==": ("!=",), "!=": ("==",),
    },
    "arithmetic": {
        "+": ("-",), "-": ("+",), "*": ("+",), "/": ("*",), "%": ("*",),
        "&": ("|",), "|": ("&",), "^": ("|", "&"), "<<": (">>",), ">>": ("<<",),
        "&&": ("||",), "||": ("&&",),
    },
    "update": {"+=": ("-=", "="), "-=": ("+=", "="), "++": ("--",), "--": ("++",)},
}  # fmt: skip
"""By kind: tokens, and what they become."""

PAIRS: Final = (
    ("lists", "new_buckets", "old_buckets"),
    ("lists", "WDRR_BUCKET_FOR_HH", "WDRR_BUCKET_FOR_NON_HH"),
    ("lists", "list_add_tail", "list_add"),
    ("lists", "list_move_tail", "list_move"),
    ("lists", "list_first_entry", "list_last_entry"),
    ("lists", "bucket->head", "bucket->tail"),
    ("return code", "NET_XMIT_CN", "NET_XMIT_SUCCESS"),
    ("return code", "NET_XMIT_CN", "NET_XMIT_DROP"),
    ("constants", "hhf_reset_timeout", "hhf_evict_timeout"),
    ("constants", "TCA_HHF_RESET_TIMEOUT", "TCA_HHF_EVICT_TIMEOUT"),
    ("constants", "TCA_HHF_BACKLOG_LIMIT", "TCA_HHF_HH_FLOWS_LIMIT"),
    ("constants", "TCA_HHF_QUANTUM", "TCA_HHF_NON_HH_WEIGHT"),
    ("constants", "TCA_HHF_ADMIT_BYTES", "TCA_HHF_QUANTUM"),
    ("constants", "HH_FLOWS_CNT", "HHF_ARRAYS_LEN"),
    ("constants", "drop_overlimit", "hh_flows_overlimit"),
    ("constants", "hh_flows_total_cnt", "hh_flows_current_cnt"),
    ("constants", "prev_hash", "filter_pos"),
    ("unit", "usecs_to_jiffies", "msecs_to_jiffies"),
    ("unit", "jiffies_to_usecs", "jiffies_to_msecs"),
    ("unit", "qdisc_pkt_len(skb)", "skb->len"),
    ("unit", "qdisc_pkt_len(skb)", "skb->data_len"),
    ("width", "u32", "u16"),
    ("width", "u32", "u8"),
    ("width", "u64", "u32"),
    ("width", "u64", "s64"),
    ("width", "s32", "u32"),
    ("width", "nla_get_u32", "nla_get_u16"),
    ("width", "nla_put_u32", "nla_put_u16"),
    ("width", "NLA_U32", "NLA_U16"),
    ("choice", "min_t", "max_t"), ("choice", "min", "max"), ("choice", "max", "min"),
    ("choice", "INT_MAX", "UINT_MAX"),
    ("choice", "true", "false"),
)  # fmt: skip
"""Words that are taken one for the other; what the source does not have makes no fault."""

ONE_WAY: Final = frozenset({"width", "choice"})
"""Wider or the same in another sign is rarely a fault."""
STATEMENTS: Final = {
    "expression_statement", "break_statement", "continue_statement", "goto_statement",
}  # fmt: skip
MACROS_KEPT: Final = re.compile(rb"^(MODULE_|EXPORT_|module_init|module_exit)")
NUMBER: Final = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)$")


def faults(source: bytes) -> list[Fault]:
    """Return every fault for a source, in the order of their places, none twice.

    Raises:
        ValueError: it has no function, so it is no C source.
    """
    root = Parser(Language(tree_sitter_c.language())).parse(source).root_node
    functions = [node for node in root.children if node.type == "function_definition"]
    if not functions:
        raise ValueError("no function was found")
    seen: dict[tuple[str, str, str], int] = {}
    found, texts = [], set[bytes]()
    for function, node in _places(root):
        for operator, place, new in _changes(node):
            fault = _fault(source, operator, function, place, new)
            text = fault.apply(source)
            if text == source or text in texts:
                continue
            texts.add(text)
            key = (fault.function, fault.before, fault.after)
            found.append(replace(fault, nth=seen.get(key, 0)))
            seen[key] = seen.get(key, 0) + 1
    return found


def _places(root: Node) -> Iterator[tuple[str, Node]]:
    """Yield every node with the name of its function; comments and includes are no places."""
    stack = [("", node) for node in reversed(root.children)]
    while stack:
        function, node = stack.pop()
        if node.type in {"comment", "preproc_include"} or MACROS_KEPT.match(node.text or b""):
            continue
        if node.type == "function_definition":
            function = _name(node)
        yield function, node
        stack += [(function, child) for child in reversed(node.children)]


def _name(function: Node) -> str:
    declarator = function.child_by_field_name("declarator")
    while declarator is not None and declarator.type != "identifier":
        declarator = declarator.child_by_field_name("declarator")
    return _text(declarator) if declarator is not None else "?"


def _changes(node: Node) -> Iterator[Change]:
    for make in (_swapped_token, _number, _taken_out, _condition, _returned, _word):
        yield from make(node)


def _swapped_token(node: Node) -> Iterator[Change]:
    """``a < b`` becomes ``a <= b``, ``x += 1`` becomes ``x -= 1``."""
    if node.type not in {"binary_expression", "assignment_expression", "update_expression"}:
        return
    for child in node.children:
        for operator, swaps in SWAPS.items():
            for new in swaps.get(child.type, ()):
                yield operator, child, new.encode()


def _number(node: Node) -> Iterator[Change]:
    """``n`` becomes ``n + 1``, ``n - 1``, and if it is neither of these 0; of a ``#define`` its
    last number becomes twice and half of it.
    """
    text = _text(node)
    if node.type == "preproc_arg" and (found := NUMBER.search(text.rstrip())):
        value = _value(found[1])
        for new in (value * 2, max(1, value // 2)):
            yield (
                "constants",
                node,
                f"{text[: found.start()]}{new}{found[2]}{text[found.end() :]}".encode(),
            )
    if node.type != "number_literal" or not (found := NUMBER.fullmatch(text)):
        return
    value, suffix = _value(found[1]), found[2]
    for new in sorted({value + 1, value - 1, 0} - {value, -1}):
        yield "off by one" if new else "constants", node, f"{new}{suffix}".encode()


def _value(digits: str) -> int:
    """The value of a number in C, where a leading 0 means octal."""
    octal = digits[0] == "0" and digits.isdigit()
    return int(digits, 8 if octal else 0)


def _taken_out(node: Node) -> Iterator[Change]:
    """A statement is forgotten."""
    if node.type not in STATEMENTS:
        return
    kind = "dropped update"
    if b"reduce_backlog" in (node.text or b"") or b"backlog" in (node.text or b""):
        kind = "missing notification"
    yield kind, node, b";"


def _condition(node: Node) -> Iterator[Change]:
    """A condition always holds, or never."""
    if node.type not in {"if_statement", "while_statement", "conditional_expression"}:
        return
    condition = node.child_by_field_name("condition")
    if condition is None:
        return
    inner = _text(condition).strip("()") if condition.type == "parenthesized_expression" else ""
    opened = _text(condition)
    yield "validation", condition, f"(({opened}) && 0)".encode()
    if node.type != "while_statement":
        yield "validation", condition, f"(({opened}) || 1)".encode()
    if inner.startswith("!"):
        yield "validation", condition, f"(!({opened}))".encode()


def _returned(node: Node) -> Iterator[Change]:
    """Another value is returned."""
    if node.type != "return_statement" or len(node.children) < 3:
        return
    value = node.children[1]
    text = _text(value)
    if text.startswith("-"):
        yield "return code", value, b"0"
    elif text == "0":
        yield "return code", value, b"-EINVAL"
    elif text == "NULL":
        return
    elif text == "skb" or text == "flow":
        yield "return code", value, b"NULL"


def _word(node: Node) -> Iterator[Change]:
    """One word is taken for another of its kind."""
    if node.child_count and node.type not in {"call_expression", "field_expression"}:
        return
    text = _text(node)
    for operator, one, other in PAIRS:
        if text == one:
            yield operator, node, other.encode()
        if text == other and operator not in ONE_WAY:
            yield operator, node, one.encode()


def _fault(source: bytes, operator: str, function: str, place: Node, new: bytes) -> Fault:
    begin, end = place.start_byte, place.end_byte
    line_begin = source.rfind(b"\n", 0, begin) + 1
    return Fault(
        operator=operator,
        function=function,
        line=place.start_point[0] + 1,
        begin=begin,
        end=end,
        new=new,
        before=_squeezed(source[line_begin : _line_end(source, end)]),
        after=_squeezed(source[line_begin:begin] + new + source[end : _line_end(source, end)]),
    )


def _line_end(source: bytes, at: int) -> int:
    found = source.find(b"\n", at)
    return len(source) if found < 0 else found


def _squeezed(text: bytes) -> str:
    return " ".join(text.decode(errors="replace").split())


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")
