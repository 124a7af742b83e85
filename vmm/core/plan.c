/* The list of devices that a guest's options ask for. */
#include "core/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feature.h"
#include "loader.h"
#include "pci.h"
#include "util/log.h"

TABLE_DECLARE(plug, plug);

struct plan *plan_new(const struct plan_guest *guest)
{
	struct plan *plan = calloc(1, sizeof(*plan));

	if (plan)
		plan->guest = *guest;
	return plan;
}

void plan_free(struct plan *plan)
{
	while (plan && plan->nr) {
		struct planned *planned = &plan->devices[--plan->nr];

		if (planned->forget && !planned->made)
			planned->forget(planned->config);
		free(planned->config);
	}
	free(plan);
}

bool plan_has(const struct plan *plan, const char *name)
{
	for (unsigned int i = 0; plan && i < plan->nr; i++)
		if (!strcmp(plan->devices[i].type->name, name))
			return true;
	return false;
}

struct planned *plan_find(struct plan *plan, const struct device_type *type)
{
	for (unsigned int i = 0; i < plan->nr; i++)
		if (plan->devices[i].type == type)
			return &plan->devices[i];
	return NULL;
}

bool plan_makes(const struct plan *plan, const struct device_type *type)
{
	for (unsigned int i = 0; plan && i < plan->nr; i++)
		if (plan->devices[i].type == type)
			return true;
	return false;
}

struct planned *plan_add(struct plan *plan, const struct device_type *type,
			 const void *config, size_t size)
{
	struct planned *planned = &plan->devices[plan->nr];

	if (plan->nr == PLAN_MAX) {
		log_error("%s: %u such devices are the most that a guest has",
			  type->name, PLAN_MAX);
		return NULL;
	}
	*planned = (struct planned){ .type = type, .config = malloc(size + 1) };
	if (!planned->config) {
		log_error("%s: %s", type->name, strerror(ENOMEM));
		return NULL;
	}
	if (size)
		memcpy(planned->config, config, size);
	memcpy(planned->ranges, type->ranges, sizeof(planned->ranges));
	memcpy(planned->irqs, type->irqs, sizeof(planned->irqs));
	plan->nr++;
	return planned;
}

void plan_range(struct planned *planned, unsigned int range, uint64_t base,
		uint64_t len)
{
	planned->ranges[range].base = base;
	planned->ranges[range].len = len;
}

void plan_window(struct planned *planned)
{
	planned->has_window = true;
}

bool plan_has_slot(const struct plan *plan, unsigned int slot)
{
	for (unsigned int i = 0; i < plan->nr; i++) {
		const struct pci_function *f = plan->devices[i].type->pci;

		if (f && f->slot == slot)
			return true;
	}
	return false;
}

bool plan_allows(const struct plan *plan, const char *name)
{
	return !feature_is_out(plan->guest.without, name);
}

unsigned int plan_copy(const struct plan *plan)
{
	return plan->guest.copy;
}

bool plan_drives_windows(const struct plan *plan)
{
	const struct loader *loader = plan->guest.loader;

	return loader->drives_windows && plan->guest.image->data &&
	       loader->drives_windows(plan->guest.image);
}

bool plan_has_rom(const struct plan *plan)
{
	for (unsigned int i = 0; i < plan->nr; i++)
		if (plan->devices[i].type->window &&
		    plan->devices[i].type->is_bridge)
			return true;
	return false;
}

void plan_boot(struct plan *plan, unsigned int order)
{
	plan->boot = order;
}

void plan_floppies(struct plan *plan, uint8_t drives)
{
	plan->floppies = drives;
}

void plan_choose(struct plan *plan, const void *row)
{
	plan->choice = row;
}

const void *plan_choice(const struct plan *plan)
{
	return plan->choice;
}

void plan_show(struct plan *plan, const struct framebuffer *fb)
{
	plan->shown = *fb;
}

const struct framebuffer *plan_framebuffer(const struct plan *plan)
{
	return plan && plan->shown.bpp ? &plan->shown : NULL;
}

const char *plan_words(const struct plan *plan)
{
	return plan ? plan->words : "";
}

int plan_say(struct plan *plan, const char *option, const char *words)
{
	const size_t len = strlen(plan->words);

	if (!(plan->guest.loader->needs & NEEDS_ROOT)) {
		log_error("%s: %s: this kind of guest is not told of it; it is "
			  "for Linux",
			  plan->guest.image->path, option);
		return -EINVAL;
	}
	if (len + strlen(words) >= sizeof(plan->words)) {
		log_error("%s: too many words for one command line", option);
		return -EINVAL;
	}
	memcpy(plan->words + len, words, strlen(words) + 1);
	return 0;
}

int plan_plug(struct plan *plan, const char *option, const char *arg)
{
	const struct plug *const *row;

	TABLE_FOREACH(plug, row)
		if (!strcmp((*row)->option, option))
			return (*row)->plug(plan, arg);
	log_error("%s: not built in", option);
	return -EINVAL;
}
