# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes features away from a sch_hhf.c, or gives one to it, by small edits of its text."""

import re
from typing import Final

Edit = tuple[str, str]
"""What to look for, a regular expression found once, and what to put there."""

PEEK_UNCOUNTED: Final = """
static struct sk_buff *peek_uncounted(struct Qdisc *sch)
{
	struct hhf_sched_data *q = qdisc_priv(sch);
	struct sk_buff *skb = skb_peek(&sch->gso_skb);

	if (skb)
		return skb;
	sch->qstats.backlog += q->owed_bytes;
	q->owed_bytes = 0;
	skb = sch->dequeue(sch);
	if (skb) {
		__skb_queue_head(&sch->gso_skb, skb);
		sch->q.qlen++;
		q->owed_bytes = qdisc_pkt_len(skb);
	}
	return skb;
}
"""
"""The parent's own code takes the bytes out of the backlog all the same, so they are owed it."""

TRIM_UNCOUNTED: Final = """
static struct sk_buff *trim_uncounted(struct Qdisc *sch)
{
	struct sk_buff *skb = __skb_dequeue(&sch->gso_skb);

	if (skb)
		sch->q.qlen--;
	return skb ? skb : sch->dequeue(sch);
}
"""
HASH_OF_2013: Final = """jhash_3words(*(u32 *)(skb->data + 30), *(u32 *)(skb->data + 26) ^ 17,
	*(u32 *)(skb->data + 34), q->perturbation);"""
TOLD: Final = r"(qdisc_tree_reduce_backlog\(sch, 1, )prev_backlog - sch->qstats.backlog"
OPS: Final = r"(?=static struct Qdisc_ops hhf_qdisc_ops)"
CHANGE: Final = r"(?=static int hhf_change\()"
LOCK: Final = r"\tsch_tree_lock\(sch\);\n"
DEQUEUE: Final = r"qdisc_dequeue_internal\(sch, \w+\)"

WITHOUT: Final[dict[str, list[Edit]]] = {
    "limit_inclusive": [(r"(qlen <)=( sch->limit)", r"\1\2")],
    "checked_before_lock": [
        (LOCK, ""),
        (
            r"(?=\tif \(tb\[TCA_HHF_QUANTUM\]\))",
            "\tsch_tree_lock(sch);\n\tif (tb[TCA_HHF_BACKLOG_LIMIT])\n"
            "\t\tsch->limit = nla_get_u32(tb[TCA_HHF_BACKLOG_LIMIT]);\n\n",
        ),
    ],
    "hash": [
        (r"\A", "#include <linux/jhash.h>\n"),
        (r"siphash_key_t(\s+perturbation;)", r"u32\1"),
        (r"skb_get_hash_perturb\(skb, &q->perturbation\);", HASH_OF_2013),
    ],
    "parent_told_bytes": [(TOLD, r"\g<1>0")],
    "peeked_bytes_counted": [
        (r"(?=\tsiphash_key_t|\tu32\s+perturbation;)", "\tu32 owed_bytes;\n"),
        (OPS, PEEK_UNCOUNTED),
        (r"(\.peek\s+=\s+)qdisc_peek_dequeued", r"\1peek_uncounted"),
    ],
    "zero_quantum_refused": [(r"non_hh_quantum == 0 \|\| ", "")],
    "peeked_trim_counted": [
        (CHANGE, TRIM_UNCOUNTED),
        (DEQUEUE, "trim_uncounted(sch)"),
        (r"dropped_bytes \+= qdisc_pkt_len\(skb\);", ""),
    ],
    "reset_forgets_flows": [(r"\thhf_reset_classifier\(q\);\n", "")],
    "initial_quantum_clamped": [
        (r"clamp_t\(u32, (psched_mtu\(qdisc_dev\(sch\)\)), 256, 1 << 20\)", r"\1")
    ],
    "quantum_floor": [(r"max\(256U, (nla_get_u32\(tb\[TCA_HHF_QUANTUM\]\))\)", r"\1")],
    "hh_limit_capped": [
        (r"NLA_POLICY_MAX\(NLA_U32, 2 \* HH_FLOWS_CNT\)", "{ .type = NLA_U32 }"),
        (r"(?=\tif \(!q->hh_flows\) \{\n)", "\tq->hh_flows_limit = 2 * HH_FLOWS_CNT;\n"),
    ],
}

TOLD_ON_CN: Final[list[Edit]] = [
    (
        r"(if \(hhf_drop\(sch, to_free\) == idx\))\n\t\treturn NET_XMIT_CN;",
        r"""\1 {
		qdisc_tree_reduce_backlog(sch, 0, prev_backlog - sch->qstats.backlog -
			qdisc_pkt_len(skb));
		return NET_XMIT_CN;
	}""",
    )
]

SPINS_AT_PEEKED: Final[list[Edit]] = [
    (DEQUEUE, "hhf_dequeue(sch)"),
    (r"(\t\tif \(!skb\)\n\t\t\t)break;", r"\1continue;"),
]
OOPSES_AT_PEEKED: Final[list[Edit]] = [
    (DEQUEUE, "hhf_dequeue(sch)"),
    (r"\t\tif \(!skb\)\n\t\t\tbreak;\n", ""),
]


def edited(text: str, edits: list[Edit]) -> str:
    """Return the source after all edits. Each must find its place."""
    for pattern, replacement in edits:
        text, count = re.subn(pattern, replacement, text)
        assert count >= 1, f"sch_hhf.c of this kernel has no {pattern!r}"
    return text
