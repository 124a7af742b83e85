/* The queues of devices, for the ledger: see include/queue.h. */
#ifndef MKVM_STATS_QUEUES_H
#define MKVM_STATS_QUEUES_H

#include <stdio.h>

struct json;
struct queue_counts;
struct queue_view;

/* Takes what went through one. On the main thread. */
void stats_take_queue(const struct queue_view *view,
		      const struct queue_counts *counts);

void stats_print_queues(FILE *to);
void stats_add_queues(struct json *json, unsigned int guest_id);

#endif
