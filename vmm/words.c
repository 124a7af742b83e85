/* What a machine is, in words: see words.h. */
#include "words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "core/plan.h"
#include "core/vm.h"
#include "irqchip.h"
#include "loader.h"
#include "service/snapshot/restore.h"
#include "util/log.h"

/* --mem, --smp, --irqchip, --keys, --virtio, and the NULL at the end */
#define OTHERS_MAX 6

struct list {
	char **words;
	unsigned int nr;
	bool bad; /* no memory */
};

__attribute__((format(printf, 2, 3))) static void add(struct list *list,
						      const char *fmt, ...)
{
	va_list args;
	char *word;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	word = malloc(len + 1);
	if (!word) {
		list->bad = true;
		return;
	}
	va_start(args, fmt);
	vsnprintf(word, len + 1, fmt, args);
	va_end(args);
	list->words[list->nr++] = word;
}

static bool is_for(const struct plugged *plugged, unsigned int id)
{
	return !plugged->guest || plugged->guest == id + 1;
}

static bool was_given(const struct options *opt, unsigned int id,
		      const char *option)
{
	for (unsigned int i = 0; i < opt->nr_plugged; i++)
		if (is_for(&opt->plugged[i], id) &&
		    !strcmp(opt->plugged[i].plug->option, option))
			return true;
	return false;
}

/* What was chosen for devices of virtio, where there are some and nobody said. */
static void add_transport(struct list *list, const struct options *opt,
			  unsigned int id, const struct plan *plan)
{
	if (was_given(opt, id, "--virtio"))
		return; /* it is a plug */
	for (unsigned int i = 0; plan && i < plan->nr; i++) {
		if (!plan->devices[i].has_window)
			continue;
		add(list, "--virtio=mmio");
		return;
	}
}

/* Words of a snapshot are said again, where they were said first. Those of the user
 * beside them had better name files in full. */
static const char *folder_of(const struct options *opt, unsigned int id)
{
	for (unsigned int i = 0; i < opt->nr_plugged; i++)
		if (is_for(&opt->plugged[i], id) && opt->plugged[i].said)
			return restore_folder();
	return NULL;
}

static void add_plugs(struct list *list, const struct options *opt,
		      unsigned int id)
{
	for (unsigned int i = 0; i < opt->nr_plugged; i++) {
		const struct plugged *plugged = &opt->plugged[i];

		if (!is_for(plugged, id))
			continue;
		if (plugged->arg)
			add(list, "%s=%s", plugged->plug->option, plugged->arg);
		else
			add(list, "%s", plugged->plug->option);
	}
}

static void add_all(struct list *list, const struct options *opt,
		    const struct vm_config *config)
{
	const struct irqchip *chip = config->irqchip;

	add(list, "--mem=%lluK", (unsigned long long)config->mem_size >> 10);
	add(list, "--smp=%u", config->nr_vcpus);
	if (config->loader->needs & NEEDS_IRQCHIP)
		add(list, "--irqchip=%s", chip ? chip->name : "none");
	if (opt->keys)
		add(list, "--keys=%s", opt->keys);
	for (unsigned int i = 0; opt->without[i]; i++)
		add(list, "--no-%s", opt->without[i]);
	add_transport(list, opt, config->id, config->plan);
	add_plugs(list, opt, config->id);
}

int words_make(const struct options *opt, struct vm_config *config)
{
	unsigned int max = OTHERS_MAX + WITHOUT_MAX + opt->nr_plugged;
	struct list list = { .words = calloc(max, sizeof(char *)) };

	config->words_folder = folder_of(opt, config->id);
	config->words = (const char *const *)list.words;
	if (list.words)
		add_all(&list, opt, config);
	if (list.words && !list.bad)
		return 0;
	words_free(config);
	log_error("%s: %s", config->name, strerror(ENOMEM));
	return -ENOMEM;
}

void words_free(struct vm_config *config)
{
	char **words = (char **)config->words;

	for (unsigned int i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
	config->words = NULL;
}
