/*
 * Explains every VM exit on stderr (--explain): what the guest did, what it
 * means and what was answered, the time in KVM_RUN and the time to answer, and
 * the document that describes it. One line per exit; a register that comes up
 * for the first time gets a second one with its section of the document.
 *
 *   exit the guest did    which means                in guest  answer read
 *      1 OUT 0x3f8 <- 'H' THR: serial prints it        52.1us   8.3us PC16550D
 *        "Transmitter Holding Register": what COM1 has to send
 */
#include "probes/explain/explain.h"

#include <linux/kvm.h>
#include <string.h>

#include "probe.h"
#include "queue.h"
#include "util/clock.h"
#include "util/log.h"

#define GUESTS_MAX     256
#define TEXT_BYTES     512
#define EXITS_MAX      64 /* reasons KVM has, with room */
#define NAME_WIDTH_MAX 32
#define CPU_WIDTH      3
#define INDENT	       "       "

/* Columns, behind the name of the guest when there are several. */
enum {
	COLUMN_DID = 5,
	COLUMN_MEANS = 24,
	COLUMN_GUEST = 53,
	COLUMN_DOC = 70,
};

/* Indexed by guest; the last is everybody's with a higher number. */
static struct explain_guest guests[GUESTS_MAX + 1];
static atomic_bool row_shown[EXPLAIN_ROWS_MAX];
static atomic_bool exit_shown[EXITS_MAX];
static atomic_bool head_shown;
static atomic_int widest_name;

/* 3 digits or more, in the unit that suits: "8.3us", "120us", "1.20s". */
static void add_time(struct text *text, uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = {
		{ NS_PER_SEC, "s" },
		{ NS_PER_MS, "ms" },
		{ NS_PER_US, "us" },
		{ 1, "ns" },
	};
	unsigned int u = 0;
	char buf[32];
	struct text time;
	double value;

	while (u < 3 && ns < units[u].ns)
		u++;
	value = (double)ns / units[u].ns;
	text_init(&time, buf, sizeof(buf));
	text_add(&time, "%.*f%s", u < 3 && value < 99.95 ? 1 : 0, value,
		 units[u].name);
	text_add(text, " %7s", buf);
}

/* Two spaces at least would be nice, one there must be. */
static void next_column(struct text *text, size_t column)
{
	text_add(text, " ");
	text_pad(text, column);
}

/* As wide as the widest name so far: it settles with the first exits. */
static int name_width(const char *name)
{
	int len = (int)strlen(name), widest = atomic_load(&widest_name);

	if (len > NAME_WIDTH_MAX)
		len = NAME_WIDTH_MAX;
	while (len > widest &&
	       !atomic_compare_exchange_weak(&widest_name, &widest, len))
		;
	return len > widest ? len : widest;
}

/* Names guest and vCPU as far as there are several; returns the width. */
static size_t add_who(struct text *text, const struct exit_view *view)
{
	size_t before = text->len;

	if (view->nr_guests > 1)
		text_add(text, "%-*s ", name_width(view->guest), view->guest);
	if (view->nr_cpus > 1)
		text_add(text, "vCPU %-*u ", CPU_WIDTH, view->cpu);
	return text->len - before;
}

static void add_tail(struct text *text, size_t start,
		     const struct exit_view *view, const char *doc)
{
	next_column(text, start + COLUMN_GUEST);
	add_time(text, view->guest_ns);
	if (view->answer_ns)
		add_time(text, view->answer_ns);
	next_column(text, start + COLUMN_DOC);
	text_add(text, "%s\n", doc);
}

/* Says whether the caller is the first to ask. */
static bool is_first(atomic_bool *shown)
{
	return !atomic_load(shown) && !atomic_exchange(shown, true);
}

static void explain_access(struct text *text, size_t start,
			   struct explain_guest *guest,
			   const struct exit_view *view)
{
	struct explain_access access;
	const struct explain_row *row;
	size_t index = 0;

	explain_take_access(&access, view);
	row = explain_find_row(&access, guest, &index);
	explain_add_access(text, &access);
	next_column(text, start + COLUMN_MEANS);
	explain_add_answer(text, &access, row, guest);
	add_tail(text, start, view, row->doc);
	if (index < EXPLAIN_ROWS_MAX && is_first(&row_shown[index]))
		text_add(text, INDENT "\"%s\": %s\n",
			 explain_part(row->doc, DOC_SECTION),
			 explain_part(row->text, TEXT_MEANING));
	if (row->note && (access.write || row->way == WAY_IN))
		row->note(guest, &access);
}

static void explain_other(struct text *text, size_t start,
			  const struct exit_view *view)
{
	unsigned int reason = view->run->exit_reason;
	const struct explain_exit *exit = explain_find_exit(reason);

	text_add(text, "%s", exit->what);
	next_column(text, start + COLUMN_MEANS);
	exit->say(text, view);
	add_tail(text, start, view, exit->doc);
	if (reason < EXITS_MAX && is_first(&exit_shown[reason]))
		text_add(text, INDENT "\"%s\": %s\n", exit->section,
			 exit->meaning);
}

void explain_view(struct text *text, struct explain_guest *guest,
		  const struct exit_view *view)
{
	unsigned int reason = view->run->exit_reason;
	size_t start = add_who(text, view);

	text_add(text, "%4llu", (unsigned long long)view->number);
	next_column(text, start + COLUMN_DID);
	if (reason == KVM_EXIT_IO || reason == KVM_EXIT_MMIO)
		explain_access(text, start, guest, view);
	else
		explain_other(text, start, view);
}

void explain_queue(struct text *text, const struct queue_view *view,
		   const struct queue_event *event)
{
	const size_t start = text->len;

	next_column(text, start + COLUMN_DID);
	text_add(text, "%s", view->device);
	if (view->number)
		text_add(text, " %u", view->number + 1);
	text_add(text, " queue %u", view->queue);
	next_column(text, start + COLUMN_MEANS);
	explain_add_event(text, event);
	next_column(text, start + COLUMN_DOC);
	text_add(text, "VIRTIO 1.1\n");
}

static void add_head(struct text *text, const struct exit_view *view)
{
	size_t start =
		(view->nr_guests > 1 ? 14 : 0) + (view->nr_cpus > 1 ? 9 : 0);

	text_pad(text, start);
	text_add(text, "exit the guest did");
	next_column(text, start + COLUMN_MEANS);
	text_add(text, "which means");
	next_column(text, start + COLUMN_GUEST);
	text_add(text, "in guest  answer");
	next_column(text, start + COLUMN_DOC);
	text_add(text, "read\n");
}

static void explain(const struct exit_view *view)
{
	unsigned int id = view->guest_id < GUESTS_MAX ? view->guest_id :
							GUESTS_MAX;
	char buf[TEXT_BYTES];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	if (is_first(&head_shown))
		add_head(&text, view);
	explain_view(&text, &guests[id], view);
	log_text(text.buf, text.len);
}

/* "  virtio-blk queue 0   takes 3 buffers: ...": the column of numbers is empty. */
static void explain_event(const struct queue_view *view,
			  const struct queue_event *event)
{
	static atomic_bool shown;
	char buf[TEXT_BYTES];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	if (view->nr_guests > 1)
		text_add(&text, "%-*s ", name_width(view->guest), view->guest);
	explain_queue(&text, view, event);
	if (is_first(&shown))
		text_add(&text, INDENT "\"%s\": %s\n", "Virtqueues",
			 "requests and answers, in the guest's memory");
	log_text(text.buf, text.len);
}

/* Such an exit is explained before its answer prints why the guest ends. */
static bool is_last(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_SHUTDOWN ||
	       run->exit_reason == KVM_EXIT_FAIL_ENTRY ||
	       run->exit_reason == KVM_EXIT_INTERNAL_ERROR;
}

/* What comes of a kick stands below it, so it has no time to answer. */
static bool is_early(const struct exit_view *view)
{
	return is_last(view->run) || explain_is_kick(view);
}

static void explain_before(const struct exit_view *view)
{
	if (is_early(view))
		explain(view);
}

static void explain_after(const struct exit_view *view)
{
	if (!is_early(view))
		explain(view);
}

static const struct probe explainer = {
	.name = "explain",
	.what = "explains every VM exit, and says where to read on",
	.option = "--explain",
	.talks = true,
	.before = explain_before,
	.after = explain_after,
	.queue_event = explain_event,
};
PROBE(explainer);
