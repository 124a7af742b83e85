/*
 * What a run has for its loaders, beside the image: command line, files, and
 * the machine that the guest will be in.
 */
#ifndef MKVM_BOOT_ARGS_H
#define MKVM_BOOT_ARGS_H

#include "framebuffer.h"
#include "loader.h"

struct fw_files;
struct platform_window;

/* A file for the guest beside its image: --module "FILE ARGS". */
struct module {
	const char *text;   /* all of it, as given */
	const char *args;   /* behind the first blank; "": there are none */
	struct image image; /* FILE, as it is: nothing is unpacked */
};

#define LOAD_AT_USUAL UINT64_MAX /* where the loader likes it */

struct boot_args {
	const char *cmdline;	   /* --cmdline; NULL: not given */
	const char *plan_words;	   /* of plugs, for Linux; NULL: none */
	const char *usual_cmdline; /* and what Linux has then */
	unsigned int columns;	   /* of the terminal at both ends of the */
	unsigned int lines;	   /* guest; 0: there is none */
	unsigned int nr_cpus;
	bool has_text; /* VGA text memory, 80x25, at 0xB8000 */
	bool watched;  /* and somebody looks at it */
	const struct framebuffer *framebuffer; /* in its place; NULL: no */
	bool chips_in_kernel;	    /* all interrupt controllers, the host's */
	const struct image *initrd; /* NULL: none */
	const struct module *modules; /* in the order given */
	unsigned int nr_modules;
	gpa_t load_at;			       /* --load-at, or LOAD_AT_USUAL */
	const struct platform_window *windows; /* include/firmware.h */
	unsigned int nr_windows;
	struct fw_files *files; /* for firmware; NULL: it begins with none */
	gpa_t rsdp; /* where ACPI's root pointer will be; 0: no ACPI */
	const char *const *without; /* features left out: feature.h */
};

#endif
