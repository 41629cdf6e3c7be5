// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shows the secret with which each hhf qdisc below an HTB class 1:1 hashes flows: /proc/hhf_key has
 * a line with the interface's index and the secret's bytes in hexadecimal.
 *
 * The kernel's own sch_hhf.c is included for the one thing that only it knows, the layout of
 * struct hhf_sched_data. The copy here registers no qdisc; the one under test is that of sch_hhf.ko.
 */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"
#undef module_init
#define module_init(f)
#undef module_exit
#define module_exit(f)
#undef MODULE_AUTHOR
#define MODULE_AUTHOR(text)
#undef MODULE_DESCRIPTION
#define MODULE_DESCRIPTION(text)
#undef MODULE_ALIAS
#define MODULE_ALIAS(text)
#include "sch_hhf.c"

static void show(struct seq_file *file, struct net_device *dev)
{
	struct Qdisc *leaf, *root = rtnl_dereference(dev->qdisc);
	struct hhf_sched_data *q;
	unsigned long class;

	if (!root || !root->ops->cl_ops || !root->ops->cl_ops->find)
		return;
	class = root->ops->cl_ops->find(root, 0x10001);
	leaf = class ? root->ops->cl_ops->leaf(root, class) : NULL;
	if (!leaf || strcmp(leaf->ops->id, "hhf"))
		return;
	q = qdisc_priv(leaf);
	seq_printf(file, "%d %*phN\n", dev->ifindex, (int)sizeof(q->perturbation),
		   &q->perturbation);
}

static int show_all(struct seq_file *file, void *unused)
{
	struct net_device *dev;

	rtnl_lock();
	for_each_netdev(&init_net, dev)
		show(file, dev);
	rtnl_unlock();
	return 0;
}

int init_module(void)
{
	return proc_create_single("hhf_key", 0400, NULL, show_all) ? 0 : -ENOMEM;
}

void cleanup_module(void)
{
	remove_proc_entry("hhf_key", NULL);
}
