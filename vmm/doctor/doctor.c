/*
 * kvm-vmm --doctor: what this machine's /dev/kvm really does. Every line of
 * its table was tried; what follows says which kinds of guest can run here
 * and what to do about the others. --doctor=NEED asks about one kind only,
 * for scripts.
 */
#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "command.h"
#include "util/log.h"

#define STATUS_SICK 1 /* some kind of guest cannot run here */

#define NAME_WIDTH 18

#define BIT(id) (1ULL << (id))

#define NEEDS_ANY                                                    \
	(BIT(PROBE_OPEN) | BIT(PROBE_API) | BIT(PROBE_USER_MEMORY) | \
	 BIT(PROBE_TSS_ADDR) | BIT(PROBE_IMMEDIATE_EXIT) |           \
	 BIT(PROBE_EXT_CPUID) | BIT(PROBE_MP_STATE))
#define NEEDS_IRQ (BIT(PROBE_IRQCHIP) | BIT(PROBE_PIT2) | BIT(PROBE_TIMER))

/* Kinds of guest, and the probes that each of them stands on. */
static const struct need {
	const char *name;
	const char *what;
	const char *wants; /* beyond /dev/kvm and what every guest needs */
	uint64_t probes;
} needs[] = {
	{ "real16", "real-mode programs", "real mode",
	  NEEDS_ANY | BIT(PROBE_REAL16) },
	{ "prot32", "32-bit programs", "protected mode",
	  NEEDS_ANY | BIT(PROBE_PROT32) },
	{ "paged32", "1K OS", "32-bit paging (4 KiB, 4 MiB), timer",
	  NEEDS_ANY | NEEDS_IRQ | BIT(PROBE_PROT32) | BIT(PROBE_PAGING_4K) |
		  BIT(PROBE_PAGING_4M) },
	{ "long64", "64-bit programs", "long mode",
	  NEEDS_ANY | BIT(PROBE_LONG64) },
	{ "linux", "Linux", "paging, PAE, long mode, timer, hardware ring 0",
	  NEEDS_ANY | NEEDS_IRQ | BIT(PROBE_PAGING_4K) | BIT(PROBE_PAE) |
		  BIT(PROBE_LONG64) | BIT(PROBE_SPEED) },
};

#define NR_NEEDS (sizeof(needs) / sizeof(needs[0]))

static const char *const titles[] = {
	[GROUP_HOST] = "Host",
	[GROUP_CAPS] = "Capabilities (KVM_CAP_...)",
	[GROUP_GUESTS] = "Micro-VMs: tried on a guest of a few bytes",
};

struct mark {
	const char *word, *colour;
};

static const struct mark marks[] = {
	[VERDICT_UNTRIED] = { "-", "\033[2m" },
	[VERDICT_OK] = { "ok", "\033[32m" },
	[VERDICT_MISSING] = { "missing", "\033[33m" },
	[VERDICT_FAILED] = { "failed", "\033[31m" },
};

static bool use_colour(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb");
}

static void print_row(const char *name, struct mark mark, const char *detail)
{
	bool colour = use_colour();

	printf("  %-*s  %s%-7s%s  %s\n", NAME_WIDTH, name,
	       colour ? mark.colour : "", mark.word, colour ? "\033[0m" : "",
	       detail);
}

static void print_title(const char *title)
{
	bool colour = use_colour();

	printf("\n%s%s%s\n", colour ? "\033[1m" : "", title,
	       colour ? "\033[0m" : "");
}

/* The first probe that stands between @need and this host, or PROBE_COUNT. */
static enum probe_id obstacle(struct doctor *doctor, const struct need *need)
{
	enum probe_id id;

	for (id = 0; id < PROBE_COUNT; id++) {
		if (!(need->probes & BIT(id)))
			continue;
		doctor_probe(doctor, id);
		if (doctor->findings[id].verdict != VERDICT_OK)
			break;
	}
	return id;
}

static void print_probes(struct doctor *doctor)
{
	int group = -1;
	enum probe_id id;

	for (id = 0; id < PROBE_COUNT; id++) {
		doctor_probe(doctor, id);
		if (doctor->findings[id].verdict == VERDICT_UNTRIED &&
		    probes[id].group != GROUP_GUESTS)
			break; /* and so would be all that follows */
		if ((int)probes[id].group != group)
			print_title(titles[group = probes[id].group]);
		print_row(probes[id].name, marks[doctor->findings[id].verdict],
			  doctor->findings[id].detail);
	}
}

/* Returns how many kinds of guest cannot run. A reason is given once a run. */
static int print_needs(struct doctor *doctor)
{
	static const struct mark yes = { "yes", "\033[32m" };
	static const struct mark no = { "no", "\033[31m" };
	enum probe_id id, last = PROBE_COUNT;
	int sick = 0;

	print_title("Guests: what they need, and whether they can run here");
	for (size_t i = 0; i < NR_NEEDS; i++) {
		id = obstacle(doctor, &needs[i]);
		print_row(needs[i].what, id == PROBE_COUNT ? yes : no,
			  needs[i].wants);
		sick += id != PROBE_COUNT;
		if (id != PROBE_COUNT && id != last)
			printf("%*s%s %s\n", 2 + NAME_WIDTH + 2 + 7 + 2, "",
			       probes[id].name, doctor->findings[id].detail);
		last = id;
	}
	return sick;
}

static int answer(struct doctor *doctor, const struct need *need)
{
	enum probe_id id = obstacle(doctor, need);

	if (id == PROBE_COUNT) {
		printf("%s: yes: this /dev/kvm does %s\n", need->name,
		       need->wants);
		return STATUS_OK;
	}
	printf("%s: no: %s %s%s\n", need->name, probes[id].name,
	       doctor->findings[id].detail,
	       probes[id].group == GROUP_HOST ? "" : " on this /dev/kvm");
	return STATUS_SICK;
}

static int refuse(const char *name)
{
	char list[80] = "";
	size_t used = 0;

	for (size_t i = 0; i < NR_NEEDS; i++)
		used += snprintf(list + used, sizeof(list) - used, "%s%s",
				 i ? ", " : "", needs[i].name);
	log_error("--doctor=%s: no such kind of guest; choose one of %s", name,
		  list);
	return STATUS_USAGE;
}

static void print_walls(void)
{
	print_title("Walls, against a guest that breaks out of its own");
	for (size_t i = 0; i < WALLS; i++) {
		struct finding finding = { 0 };

		walls[i].run(&finding);
		print_row(walls[i].name, marks[finding.verdict],
			  finding.detail);
	}
}

/* The whole table. */
static int examine(struct doctor *doctor)
{
	int sick;

	printf("What this machine's /dev/kvm can do. Each line was tried.\n");
	print_probes(doctor);
	print_walls();
	sick = print_needs(doctor);
	doctor_advise(doctor);
	return sick ? STATUS_SICK : STATUS_OK;
}

static int run_doctor(const char *arg)
{
	struct doctor doctor = { .kvm = -1 };
	const struct need *need = NULL;
	int status;

	for (size_t i = 0; arg && i < NR_NEEDS; i++)
		if (!strcmp(arg, needs[i].name))
			need = &needs[i];
	if (arg && !need)
		return refuse(arg);
	status = need ? answer(&doctor, need) : examine(&doctor);
	if (doctor.kvm >= 0)
		close(doctor.kvm);
	return status;
}

static const struct command doctor_command = {
	.option = "--doctor",
	.arg = "NEED",
	.what = "try what /dev/kvm can run: status 0 all of it, 1 not",
	.run = run_doctor,
};

COMMAND(doctor_command);
