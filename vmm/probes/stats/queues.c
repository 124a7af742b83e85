/*
 * What went through the queues of devices: taken when a guest has ended, by the
 * main thread alone, and printed with the rest.
 */
#include <stdio.h>
#include <string.h>

#include "probes/stats/stats.h"
#include "queue.h"
#include "util/json.h"

struct stats_queue {
	struct lane lane;
	struct queue_view view;
	struct queue_counts counts;
};

static struct lanes queues; /* the last first */

void stats_take_queue(const struct queue_view *view,
		      const struct queue_counts *counts)
{
	struct stats_queue *queue = lane_add(&queues, sizeof(*queue));

	if (!queue) {
		stats_fail();
		return;
	}
	queue->view = *view;
	queue->counts = *counts;
}

static const struct stats_queue *of(const struct lane *lane)
{
	return (const struct stats_queue *)lane;
}

/* Calls @show with all that were taken, the first one first. */
static void walk(const struct lane *lane, void *arg,
		 void (*show)(void *arg, const struct stats_queue *queue))
{
	if (!lane)
		return;
	walk(lane->next, arg, show);
	show(arg, of(lane));
}

static const char *layout(const struct queue_counts *counts)
{
	return counts->packed ? "packed" : "split";
}

struct to_json {
	struct json *json;
	unsigned int guest_id;
};

static void add_queue(void *arg, const struct stats_queue *queue)
{
	const struct queue_counts *c = &queue->counts;
	const struct to_json *to = arg;

	if (queue->view.guest_id != to->guest_id)
		return;
	json_row(to->json, NULL);
	json_string(to->json, "device", queue->view.device);
	json_number(to->json, "number", queue->view.number);
	json_number(to->json, "queue", queue->view.queue);
	json_number(to->json, "size", c->size);
	json_string(to->json, "layout", layout(c));
	json_number(to->json, "requests", c->chains);
	json_number(to->json, "buffers", c->buffers);
	json_number(to->json, "bytes_out", c->bytes_out);
	json_number(to->json, "bytes_in", c->bytes_in);
	json_number(to->json, "kicks", c->kicks);
	json_number(to->json, "kicks_saved", queue_kicks_saved(c));
	json_number(to->json, "interrupts", c->interrupts);
	json_number(to->json, "interrupts_saved", queue_interrupts_saved(c));
	json_close(to->json);
}

void stats_add_queues(struct json *json, unsigned int guest_id)
{
	struct to_json to = { json, guest_id };

	json_array(json, "queues");
	walk(queues.first, &to, add_queue);
	json_close(json);
}

#define QUEUES_HEAD                                                         \
	"  requests  buffers   bytes out    bytes in     kicks     saved  " \
	"interrupts     saved  queue\n"

static void print_queue(void *arg, const struct stats_queue *queue)
{
	const struct queue_counts *c = &queue->counts;
	const struct queue_view *view = &queue->view;
	FILE *to = arg;

	fprintf(to, "%10llu %8llu %11llu %11llu %9llu %9llu %11llu %9llu  ",
		(unsigned long long)c->chains, (unsigned long long)c->buffers,
		(unsigned long long)c->bytes_out,
		(unsigned long long)c->bytes_in, (unsigned long long)c->kicks,
		(unsigned long long)queue_kicks_saved(c),
		(unsigned long long)c->interrupts,
		(unsigned long long)queue_interrupts_saved(c));
	fprintf(to, "%s", view->device);
	if (view->number)
		fprintf(to, " %u", view->number + 1);
	fprintf(to, " queue %u, %s, %u", view->queue, layout(c), c->size);
	if (view->nr_guests > 1)
		fprintf(to, ", %s", view->guest);
	putc('\n', to);
}

void stats_print_queues(FILE *to)
{
	if (queues.first)
		fputs(QUEUES_HEAD, to);
	walk(queues.first, to, print_queue);
}
