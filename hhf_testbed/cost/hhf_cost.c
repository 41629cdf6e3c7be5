// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Measures what hhf costs per packet, by the processor's time-stamp counter: the clock of a guest in
 * virtual time stands still while anything computes.
 *
 * What is written to /proc/hhf_cost is the traffic: struct arrival, one after the other. Each time
 * it is opened for reading, the traffic passes "laps" times, and the ticks of each burst are read
 * (struct result). Three passes, each through a fresh qdisc of the kind that device has:
 *
 *   hash      skb_get_hash_perturb() alone, as hhf calls it; it keeps nothing in the skb
 *   classify  hhf_classify(), which computes that hash; from the copy of sch_hhf.c below
 *   queue     ->enqueue and ->dequeue of the sch_hhf.ko under test, called as the stack calls them
 *
 * Packets have headers only, as HHF reads no more, and a length; they are made between the bursts,
 * so they are in the processor's cache. Time in jiffies follows the bytes that have arrived.
 */
#include <linux/module.h>
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/proc_fs.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <linux/vmalloc.h>

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

#define HEADERS_BYTES (ETH_HLEN + sizeof(struct iphdr) + sizeof(struct udphdr))

static char *device;
module_param(device, charp, 0400);
static uint burst, standing, laps, bytes_per_jiffy;
module_param(burst, uint, 0400);
module_param(standing, uint, 0400);
module_param(laps, uint, 0400);
module_param(bytes_per_jiffy, uint, 0400);

struct arrival {
	u32 flow;
	u32 len_bytes;
};

struct ticks {
	u32 hash, classify, enqueue, dequeue;
};

struct result {
	u64 enqueued, dequeued, left, drops, admitted;
	struct ticks bursts[];
};

static struct arrival *traffic;
static size_t traffic_bytes;
static struct net_device *dev;
static const struct Qdisc_ops *hhf;
static struct sk_buff *pool;
static struct sk_buff **ready;
static u64 departed;

static u64 now_ticks(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (u64)high << 32 | low;
}

static void put(struct sk_buff *skb)
{
	skb->next = pool;
	pool = skb;
}

static struct sk_buff *take(void)
{
	struct sk_buff *skb = pool;

	pool = skb->next;
	skb->next = NULL;
	return skb;
}

static struct sk_buff *new_packet(void)
{
	struct sk_buff *skb = alloc_skb(HEADERS_BYTES, GFP_KERNEL);
	struct iphdr *ip;

	if (!skb)
		return NULL;
	skb_reset_mac_header(skb);
	skb_put_zero(skb, HEADERS_BYTES);
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_transport_header(skb, ETH_HLEN + sizeof(*ip));
	skb->dev = dev;
	skb->protocol = htons(ETH_P_IP);
	ip = ip_hdr(skb);
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->protocol = IPPROTO_UDP;
	ip->daddr = htonl(0x0a020001);
	udp_hdr(skb)->dest = htons(0x1000);
	return skb;
}

static void address(struct sk_buff *skb, const struct arrival *arrival)
{
	ip_hdr(skb)->saddr = htonl(0x0a010000 | arrival->flow);
	udp_hdr(skb)->source = htons(arrival->flow);
	qdisc_skb_cb(skb)->pkt_len = arrival->len_bytes;
}

/* Makes the packets of a burst ready; returns their bytes. */
static u64 make_ready(const struct arrival *arrivals)
{
	u64 bytes = 0;
	uint i;

	for (i = 0; i < burst; i++) {
		ready[i] = take();
		address(ready[i], &arrivals[i]);
		bytes += arrivals[i].len_bytes;
	}
	return bytes;
}

static void put_back(void)
{
	uint i;

	for (i = burst; i--;)
		put(ready[i]);
}

static void hash_burst(struct Qdisc *sch, struct ticks *ticks)
{
	struct hhf_sched_data *q = qdisc_priv(sch);
	u64 begin = now_ticks();
	u32 hash = 0;
	uint i;

	for (i = 0; i < burst; i++)
		hash ^= skb_get_hash_perturb(ready[i], &q->perturbation);
	OPTIMIZER_HIDE_VAR(hash);
	ticks->hash = now_ticks() - begin;
	put_back();
}

static void classify_burst(struct Qdisc *sch, struct ticks *ticks)
{
	u64 begin = now_ticks();
	u32 bucket = 0;
	uint i;

	for (i = 0; i < burst; i++)
		bucket += hhf_classify(ready[i], sch);
	OPTIMIZER_HIDE_VAR(bucket);
	ticks->classify = now_ticks() - begin;
	put_back();
}

static void queue_burst(struct Qdisc *sch, struct ticks *ticks)
{
	struct sk_buff *dropped = NULL, *skb;
	u64 begin = now_ticks(), middle;
	uint i;

	for (i = 0; i < burst; i++)
		sch->enqueue(ready[i], sch, &dropped);
	middle = now_ticks();
	while (sch->q.qlen > standing) {
		skb = sch->dequeue(sch);
		if (!skb)
			break;
		put(skb);
		departed++;
	}
	ticks->dequeue = now_ticks() - middle;
	ticks->enqueue = middle - begin;
	while (dropped) {
		skb = dropped;
		dropped = skb->next;
		put(skb);
	}
}

static void count(struct Qdisc *sch, struct result *result, u64 packets)
{
	struct hhf_sched_data *q = qdisc_priv(sch);
	struct sk_buff *skb;

	result->enqueued = packets;
	result->drops = q->drop_overlimit;
	result->admitted = q->hh_flows_total_cnt;
	result->dequeued = departed;
	while ((skb = sch->dequeue(sch))) {
		result->left++;
		put(skb);
	}
}

/* Nothing else runs meanwhile, so jiffies may tell another time. */
static int pass(struct result *result, void (*play)(struct Qdisc *, struct ticks *))
{
	struct netdev_queue *queue = netdev_get_tx_queue(dev, 0);
	u64 bytes = 0, per_lap = traffic_bytes / sizeof(*traffic) / burst, lap, at;
	struct Qdisc *sch = qdisc_create_dflt(queue, hhf, TC_H_ROOT, NULL);
	struct ticks *ticks = result->bursts;
	unsigned long flags, start;

	if (!sch)
		return -ENOMEM;
	local_bh_disable();
	rcu_read_lock_bh();
	local_irq_save(flags);
	start = jiffies;
	departed = 0;
	for (lap = 0; lap < laps; lap++)
		for (at = 0; at < per_lap; at++) {
			jiffies = start + bytes / bytes_per_jiffy;
			bytes += make_ready(traffic + at * burst);
			play(sch, ticks++);
		}
	jiffies = start;
	local_irq_restore(flags);
	rcu_read_unlock_bh();
	if (play == queue_burst)
		count(sch, result, laps * per_lap * burst);
	local_bh_enable();
	qdisc_put(sch);
	return 0;
}

static size_t result_bytes(void)
{
	return sizeof(struct result) +
	       laps * (traffic_bytes / sizeof(*traffic) / burst) * sizeof(struct ticks);
}

static int cost_open(struct inode *inode, struct file *file)
{
	struct result *result;
	int err;

	if (!(file->f_mode & FMODE_READ))
		return 0;
	result = vzalloc(result_bytes());
	if (!result)
		return -ENOMEM;
	rtnl_lock();
	err = pass(result, hash_burst) ?: pass(result, classify_burst) ?: pass(result, queue_burst);
	rtnl_unlock();
	if (err)
		vfree(result);
	else
		file->private_data = result;
	return err;
}

static ssize_t cost_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	return simple_read_from_buffer(to, size, at, file->private_data, result_bytes());
}

static ssize_t cost_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	struct arrival *grown = vzalloc(*at + size);

	if (!grown)
		return -ENOMEM;
	memcpy(grown, traffic, *at);
	if (copy_from_user((char *)grown + *at, from, size)) {
		vfree(grown);
		return -EFAULT;
	}
	vfree(traffic);
	traffic = grown;
	*at += size;
	traffic_bytes = *at;
	return size;
}

static int cost_release(struct inode *inode, struct file *file)
{
	vfree(file->private_data);
	return 0;
}

static const struct proc_ops cost_ops = {
	.proc_open = cost_open,
	.proc_read = cost_read,
	.proc_write = cost_write,
	.proc_release = cost_release,
	.proc_lseek = default_llseek,
};

static int fill_pool(void)
{
	struct sk_buff *skb;
	uint i;

	ready = kcalloc(burst, sizeof(*ready), GFP_KERNEL);
	if (!ready)
		return -ENOMEM;
	for (i = 0; i < standing + burst; i++) {
		skb = new_packet();
		if (!skb)
			return -ENOMEM;
		put(skb);
	}
	return 0;
}

static void release(void)
{
	while (pool)
		kfree_skb(take());
	kfree(ready);
	vfree(traffic);
	if (dev)
		dev_put(dev);
}

int init_module(void)
{
	int err = -EINVAL;

	dev = device ? dev_get_by_name(&init_net, device) : NULL;
	if (dev && burst && bytes_per_jiffy) {
		rtnl_lock();
		hhf = rtnl_dereference(dev->qdisc)->ops;
		rtnl_unlock();
		err = strcmp(hhf->id, "hhf") ? -ENODEV : fill_pool();
		if (!err && !proc_create("hhf_cost", 0600, NULL, &cost_ops))
			err = -ENOMEM;
	}
	if (err)
		release();
	return err;
}

void cleanup_module(void)
{
	remove_proc_entry("hhf_cost", NULL);
	release();
}
