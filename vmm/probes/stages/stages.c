/*
 * The stages of a run (--stages): when the guest was entered, changed its mode,
 * printed its first byte, was known to unpack or to reach its prompt, and ended;
 * each with the VM exits up to there. All of it is seen from outside, at VM exits:
 * what a guest does between two of them is seen at the second, and a landmark
 * that it does not print (`quiet`) is left out.
 */
#include "probes/stages/stages.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "abi/exit_status.h"
#include "probe.h"
#include "queue.h"
#include "util/clock.h"
#include "util/log.h"

static struct stage_guest guests[STAGES_GUESTS_MAX];
static struct lanes lanes;
static __thread struct stage_lane *mine;

static int stages_setup(const char *arg)
{
	(void)arg;
	if (stages_are_on())
		return 0;
	stages_start();
	for (unsigned int i = 0; i < STAGES_GUESTS_MAX; i++) {
		pthread_mutex_init(&guests[i].lock, NULL);
		guests[i].marks[STAGE_START].seen = true;
	}
	return 0;
}

static struct stage_lane *open_lane(const struct exit_view *view)
{
	struct stage_lane *lane = lane_add(&lanes, sizeof(*lane));

	if (lane)
		lane->guest_id = view->guest_id;
	return lane;
}

/* The first exit of a vCPU. */
static void see_first(struct stage_guest *guest, const struct exit_view *view,
		      enum stage mode)
{
	struct stage_mark *entered = &guest->marks[STAGE_ENTERED];

	pthread_mutex_lock(&guest->lock);
	if (!guest->name) {
		guest->name = strdup(view->guest);
		stage_mark(guest, STAGE_ENTERED, 0, NULL);
		entered->ns -= view->guest_ns;
		stage_mark(guest, STAGE_EXIT, view->number,
			   stage_texts[mode].text);
		guest->marks[mode].seen = true;
	}
	if (view->cpu)
		stage_mark(guest, STAGE_SECOND_CPU, view->number, NULL);
	pthread_mutex_unlock(&guest->lock);
}

static void see_mode(struct stage_guest *guest, const struct exit_view *view,
		     enum stage mode)
{
	mine->mode = mode;
	if (view->cpu)
		return; /* they all go the same way */
	pthread_mutex_lock(&guest->lock);
	stage_mark(guest, mode, view->number, NULL);
	pthread_mutex_unlock(&guest->lock);
}

static void see_end(const struct exit_view *view)
{
	bool is_sure;
	const char *how = stage_end(view->run, &is_sure);

	mine->last = view->number;
	if (!how || mine->is_sure)
		return;
	mine->end =
		(struct stage_mark){ stages_now_ns(), view->number, how, true };
	mine->is_sure = is_sure;
}

static void stages_see(const struct exit_view *view)
{
	enum stage mode = stage_mode(&view->run->s.regs.sregs);
	struct stage_guest *guest;

	if (view->guest_id >= STAGES_GUESTS_MAX)
		return;
	guest = &guests[view->guest_id];
	if (!mine) {
		mine = open_lane(view);
		if (!mine)
			return;
		mine->mode = mode;
		see_first(guest, view, mode);
	}
	atomic_store_explicit(&guest->last, view->number, memory_order_relaxed);
	if (mode != mine->mode)
		see_mode(guest, view, mode);
	if (stage_is_console(view->run)) {
		pthread_mutex_lock(&guest->lock);
		stage_see_console(guest, view);
		pthread_mutex_unlock(&guest->lock);
	}
	see_end(view);
}

static const struct {
	const char *device;
	enum stage stage;
} of_devices[] = {
	{ "virtio-blk", STAGE_DISK },
	{ "virtio-9p", STAGE_SHARE },
	{ "virtio-net", STAGE_NET },
};

/* The first requests to devices: on a vCPU's thread or the device's own. */
static void stages_queue(const struct queue_view *view,
			 const struct queue_event *event)
{
	struct stage_guest *guest;
	uint64_t exits;

	if (event->what != QUEUE_TAKEN || view->guest_id >= STAGES_GUESTS_MAX)
		return;
	guest = &guests[view->guest_id];
	exits = atomic_load_explicit(&guest->last, memory_order_relaxed);
	pthread_mutex_lock(&guest->lock);
	stage_mark(guest, STAGE_QUEUE, exits, view->device);
	for (size_t i = 0; i < sizeof(of_devices) / sizeof(of_devices[0]); i++)
		if (!strcmp(view->device, of_devices[i].device))
			stage_mark(guest, of_devices[i].stage, exits, NULL);
	pthread_mutex_unlock(&guest->lock);
}

/* A halt, say, ended the guest if it was its last exit. */
static void find_end(unsigned int guest_id)
{
	struct stage_mark *end = &guests[guest_id].marks[STAGE_END];
	const struct lane *at;
	uint64_t last = 0;

	LANE_FOREACH(&lanes, at)
	{
		const struct stage_lane *lane = (const struct stage_lane *)at;

		if (lane->guest_id == guest_id && lane->last > last)
			last = lane->last;
	}
	LANE_FOREACH(&lanes, at)
	{
		const struct stage_lane *lane = (const struct stage_lane *)at;

		if (lane->guest_id == guest_id && lane->end.seen &&
		    (lane->is_sure || lane->end.exits == last))
			*end = lane->end;
	}
	guests[guest_id].marks[STAGE_FINISHED] =
		(struct stage_mark){ stages_now_ns(), last, NULL, true };
}

/* Whoever asks first, the table or the JSON: probes finish in any order. */
const struct stage_guest *stages_of(unsigned int guest_id)
{
	struct stage_guest *guest;

	if (guest_id >= STAGES_GUESTS_MAX || !guests[guest_id].name)
		return NULL;
	guest = &guests[guest_id];
	if (!guest->marks[STAGE_FINISHED].seen)
		find_end(guest_id);
	return guest;
}

bool stages_copy(unsigned int guest_id, struct stage_mark marks[STAGE_COUNT])
{
	struct stage_guest *guest = &guests[guest_id];
	bool has_begun;

	if (!stages_are_on() || guest_id >= STAGES_GUESTS_MAX)
		return false;
	pthread_mutex_lock(&guest->lock);
	has_begun = guest->name;
	memcpy(marks, guest->marks, sizeof(guest->marks));
	pthread_mutex_unlock(&guest->lock);
	return has_begun;
}

unsigned int stages_sorted(const struct stage_mark *marks, enum stage *order)
{
	unsigned int count = 0;

	for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
		const struct stage_mark *mark = &marks[stage];
		unsigned int at = count;

		if (!mark->ns && stage != STAGE_START)
			continue; /* the mode of the first exit, say */
		for (; at && marks[order[at - 1]].ns > mark->ns; at--)
			order[at] = order[at - 1];
		order[at] = stage;
		count++;
	}
	return count;
}

static void print_guest(FILE *to, const struct stage_guest *guest)
{
	uint64_t all = guest->marks[STAGE_FINISHED].ns, before = 0;
	enum stage order[STAGE_COUNT];
	unsigned int count = stages_sorted(guest->marks, order);

	fprintf(to, "\n%s\n         ms        +ms  share      exits  stage\n",
		guest->name);
	for (unsigned int i = 0; i < count; i++) {
		const struct stage_mark *mark = &guest->marks[order[i]];
		uint64_t step = mark->ns - before;

		fprintf(to, "%11.3f %10.3f %5.1f%% %10llu  %s%s%s\n",
			mark->ns / (double)NS_PER_MS, step / (double)NS_PER_MS,
			all ? 100.0 * (double)step / (double)all : 0,
			(unsigned long long)mark->exits,
			stage_texts[order[i]].text, mark->more ? ": " : "",
			mark->more ? mark->more : "");
		before = mark->ns;
	}
}

static int stages_finish(void)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	int err = 0;

	for (unsigned int id = 0; id < STAGES_GUESTS_MAX; id++) {
		const struct stage_guest *guest = stages_of(id);

		if (to && guest)
			print_guest(to, guest);
	}
	if (!to || fclose(to))
		err = errno;
	if (err)
		log_error("--stages: %s", strerror(err));
	else
		log_text(text, len);
	free(text);
	return err ? STATUS_FAILED : STATUS_OK;
}

static const struct probe stages = {
	.name = "stages",
	.what = "when the guest got where, and its VM exits by then",
	.option = "--stages",
	.setup = stages_setup,
	.before = stages_see,
	.queue_event = stages_queue,
	.finish = stages_finish,
};
PROBE(stages);
