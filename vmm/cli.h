/* The command line of kvm-vmm, as data. */
#ifndef MKVM_CLI_H
#define MKVM_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "eof.h"
#include "boot_args.h"

#define GUESTS_MAX  256
#define WITHOUT_MAX 48
#define PLUGGED_MAX 64
#define MODULES_MAX 64

struct command;
struct plug;

/* One use of a plug's option. */
struct plugged {
	const struct plug *plug;
	const char *arg;    /* NULL: none given */
	unsigned int guest; /* place of the image from 1; 0: all guests */
	bool said;	    /* in a folder that is not the user's, perhaps */
};

/* One --module. */
struct module_option {
	const char *text;   /* "FILE ARGS" */
	unsigned int guest; /* as of a plug */
};

struct options {
	const char *images[GUESTS_MAX];
	unsigned int nr_images;
	const char *said; /* the file whose words are taken; NULL: the user's */
	const char *loader_option; /* "--linux", a loader's name, or NULL */
	const char *initrd;	   /* path, or NULL */
	struct module_option modules[MODULES_MAX];
	unsigned int nr_modules;
	const char *cmdline; /* NULL: the configured one */
	uint64_t load_at;    /* gpa, or LOAD_AT_USUAL */
	const char *irqchip; /* NULL: the configured ones */
	enum eof_action eof;
	const char *display; /* its name or "none"; NULL: as the guest does */
	const char *keys; /* "serial" or "keyboard"; NULL: as the kind says */
	const char *without[WITHOUT_MAX + 1]; /* features; ends with NULL */
	struct plugged plugged[PLUGGED_MAX];
	unsigned int nr_plugged;
	bool interleave;	       /* guests' output as it comes */
	uint64_t mem_size;	       /* bytes; 0: the loader's default */
	unsigned int nr_cpus;	       /* per guest; 0: the configured number */
	uint64_t timeout_ns;	       /* 0: none */
	uint64_t max_exits;	       /* per guest; 0: none */
	uint64_t max_output;	       /* bytes per guest; 0: no limit */
	const struct command *command; /* run this instead of a guest */
	const char *command_arg;
};

/*
 * Fills in @opt. 0: go on; > 0: all done (--help, --version, --list), exit
 * with STATUS_OK; -EINVAL after one message: exit with STATUS_USAGE.
 */
int cli_parse(struct options *opt, int argc, char **argv);

#endif
