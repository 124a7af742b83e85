/* What --help and --list print. */
#include "usage.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "core/smp.h"
#include "device.h"
#include "disk.h"
#include "display.h"
#include "feature.h"
#include "irqchip.h"
#include "loader.h"
#include "net.h"
#include "plug.h"
#include "probe.h"
#include "service.h"
#include "transport.h"
#include "viewer.h"

TABLE_DECLARE(command, command);
TABLE_DECLARE(device, device_type);
TABLE_DECLARE(disk, disk_format);
TABLE_DECLARE(display, display);
TABLE_DECLARE(feature, feature);
TABLE_DECLARE(irqchip, irqchip);
TABLE_DECLARE(loader, loader);
TABLE_DECLARE(net, net);
TABLE_DECLARE(plug, plug);
TABLE_DECLARE(probe, probe);
TABLE_DECLARE(service, service);
TABLE_DECLARE(transport, virtio_transport);
TABLE_DECLARE(viewer, viewer);

static const char help_head[] =
	"Usage: kvm-vmm [OPTION]... IMAGE...\n"
	"Runs each IMAGE as a guest of its own on the Linux KVM API. What kind "
	"of image\n"
	"it is, its content tells.\n"
	"\n"
	"  kvm-vmm images/hello.bin\n"
	"  kvm-vmm images/bzImage --initrd images/initramfs.cpio\n"
	"  kvm-vmm images/vmlinux --initrd images/initramfs.cpio --smp 4 "
	"--mem 512M\n"
	"\n"
	"What the guest is given:\n"
	"  --initrd FILE      Linux: initial RAM disk or initramfs\n"
	"  --module FILE[ ARGS]\n"
	"                     a file beside the image, and words for it; "
	"repeatable\n"
	"  --cmdline TEXT     Linux, instead of the configured one, and other "
	"kernels\n"
	"\n"
	"The machine:\n"
	"  --mem SIZE         guest RAM, such as 64K, 128M or 5G\n"
	"  --smp N            number of vCPUs per guest\n"
	"  --irqchip KIND     interrupt controllers: kernel, vmm or split, if "
	"built in,\n"
	"                     or none\n"
	"  --eof ACTION       a guest that waits for input when stdin has "
	"ended: wait,\n"
	"                     poweroff, or hangup, which its serial port tells\n"
	"  --display KIND     text: the guest's screen, in the terminal, graphics "
	"as\n"
	"                     it can, or text,sixel or text,blocks; or none\n"
	"  --keys DEVICE      what is typed goes to the serial port, keyboard "
	"or console;\n"
	"                     auto: as the kind of guest says\n"
	"\n"
	"Several images run at once, each in a virtual machine of its own:\n"
	"  --interleave       their output as it comes, not line by line\n"
	"\n"
	"Walls around kvm-vmm, against a guest that breaks out of its own:\n"
	"  --sandbox HOW      strict: what is none of its business ends the run;\n"
	"                     log: is named, and made; off: goes unseen\n"
	"\n"
	"Limits; the exit status is 124 when one runs out:\n"
	"  --timeout SECONDS  wall time\n"
	"  --max-exits N      VM exits per guest\n"
	"  --max-output SIZE  bytes that a guest prints, such as 4000 or 64K\n"
	"\n"
	"Looking inside:\n"
	"  --verbose          details, and every VM exit in words\n";

static const char help_middle[] = "  --list             what was built in\n"
				  "  --version          version\n"
				  "  --help             this text\n";

static const char help_tail[] =
	"\n"
	"Keys, when stdin is a terminal: Ctrl-A x quits, Ctrl-A h lists the "
	"rest.\n"
	"\n"
	"Exit status: 0-63 the guest's own; 64 wrong command line or image; 65 "
	"more exits\n"
	"than --expect-exits allows; 70 kvm-vmm or the host failed; 71 the "
	"guest crashed;\n"
	"72 it halted for good; 124 a limit ran out; 128+N ended by signal "
	"N.\n";

/* Whether an earlier row of the table has the same option. */
static bool is_repeated(const struct loader *const *row)
{
	const struct loader *const *earlier;

	for (earlier = __start_table_loader; earlier < row; earlier++)
		if ((*earlier)->option &&
		    !strcmp((*earlier)->option, (*row)->option))
			return true;
	return false;
}

/* Each option once, with every kind of image it stands for. */
static void print_kinds(void)
{
	const struct loader *const *row;
	const struct loader *const *other;

	TABLE_FOREACH(loader, row) {
		const char *option = (*row)->option;

		if (!option || is_repeated(row))
			continue;
		TABLE_FOREACH(loader, other) {
			if (!(*other)->option ||
			    strcmp((*other)->option, (*row)->option) != 0)
				continue;
			printf("  %-18s %s\n", option, (*other)->what);
			option = "  or";
		}
	}
}

/* One line of --help; an optional argument stands in brackets. */
static void print_option(const char *option, const char *arg, bool is_optional,
			 const char *what)
{
	char text[40];

	if (!arg)
		snprintf(text, sizeof(text), "%s", option);
	else if (is_optional)
		snprintf(text, sizeof(text), "%s[=%s]", option, arg);
	else
		snprintf(text, sizeof(text), "%s %s", option, arg);
	printf("  %-18s %s\n", text, what);
}

/* What can be watched; --verbose is listed already. */
static void print_probes(void)
{
	const struct probe *const *row;

	TABLE_FOREACH(probe, row) {
		if ((*row)->option && strcmp((*row)->option, "--verbose") != 0)
			print_option((*row)->option, (*row)->arg,
				     (*row)->arg_optional, (*row)->what);
	}
}

static void print_services(void)
{
	const struct service *const *row;

	TABLE_FOREACH(service, row)
		print_option((*row)->option, (*row)->arg, (*row)->arg_optional,
			     (*row)->what);
}

static void print_commands(void)
{
	const char *heading = "\nInstead of running a guest:\n";
	const struct command *const *row;

	TABLE_FOREACH(command, row) {
		fputs(heading, stdout);
		heading = "";
		print_option((*row)->word ? (*row)->word : (*row)->option,
			     (*row)->arg, !(*row)->needs_arg, (*row)->what);
	}
}

static void print_plugs(void)
{
	const struct plug *const *row;

	TABLE_FOREACH(plug, row) {
		if (row == __start_table_plug)
			printf("\nDevices; before the first image for every "
			       "guest, behind one for that guest:\n");
		print_option((*row)->option, (*row)->arg, (*row)->arg_optional,
			     (*row)->what);
	}
}

static void print_nets(void)
{
	const struct net *const *row;
	char text[40];

	TABLE_FOREACH(net, row) {
		if (row == __start_table_net)
			printf("\nWhat --net can mean, and behind it "
			       ",mac=ADDRESS and ,mtu=BYTES:\n");
		snprintf(text, sizeof(text), "%s%s", (*row)->name, (*row)->arg);
		printf("  %-18s %s\n", text, (*row)->what);
	}
}

static void print_viewers(void)
{
	const struct viewer *const *row;
	char text[40];

	TABLE_FOREACH(viewer, row) {
		if (row == __start_table_viewer)
			printf("\nWhat else --display can mean, any number of "
			       "times: the screen, also\n");
		snprintf(text, sizeof(text), "%s%s", (*row)->name, (*row)->arg);
		printf("  %-18s %s\n", text, (*row)->what);
	}
}

#define LINE_WIDTH 79
#define INDENT	   21

/* One more word of a list, on a line of its own when this one is full. */
static void print_word(const char *word, int *column)
{
	if (*column + 1 + (int)strlen(word) > LINE_WIDTH) {
		printf("\n%*s", INDENT - 1, "");
		*column = INDENT - 1;
	}
	*column += printf(" %s", word);
}

/* A timer in the host kernel goes by the name of the device that models it. */
static bool is_device(const char *name)
{
	const struct device_type *const *device;

	TABLE_FOREACH(device, device) {
		if (!strcmp((*device)->name, name))
			return true;
	}
	return false;
}

/* What --no-NAME can leave out. */
static void print_features(void)
{
	const struct device_type *const *device;
	const struct feature *const *feature;
	const struct loader *const *loader;
	const struct probe *const *probe;
	int column;

	printf("\nLeaving parts out of this run, to see what they are good "
	       "for:\n");
	column = printf("  %-18s", "--no-NAME");
	TABLE_FOREACH(device, device) {
		if (!device_is_chip(*device))
			print_word((*device)->name, &column);
	}
	TABLE_FOREACH(feature, feature) {
		if (!is_device((*feature)->name))
			print_word((*feature)->name, &column);
	}
	TABLE_FOREACH(loader, loader)
		print_word((*loader)->name, &column);
	TABLE_FOREACH(probe, probe) {
		if (!(*probe)->option)
			print_word((*probe)->name, &column);
	}
	printf("\n");
}

void usage_print_help(void)
{
	fputs(help_head, stdout);
	print_probes();
	print_services();
	fputs(help_middle, stdout);
	print_plugs();
	print_nets();
	print_viewers();
	print_features();
	printf("\nForcing the kind of image, instead of looking at it:\n");
	print_option("--loader", "NAME", false, "by its name in --list");
	print_kinds();
	print_option("--load-at", "ADDR", false,
		     "where flat 32- and 64-bit code lies");
	print_commands();
	fputs(help_tail, stdout);
}

static void print_device(const struct device_type *type)
{
	printf("device  %-10s %s;", type->name, type->what);
	for (unsigned int i = 0; i < DEV_RANGES_MAX && type->ranges[i].len; i++)
		printf(" %s 0x%llx+%llu",
		       type->ranges[i].space == DEV_PIO ? "port" : "address",
		       (unsigned long long)type->ranges[i].base,
		       (unsigned long long)type->ranges[i].len);
	for (unsigned int i = 0; i < type->nr_irqs; i++)
		printf(" IRQ%u", type->irqs[i]);
	printf("\n");
}

void usage_print_list(void)
{
	const struct device_type *const *device;
	const struct disk_format *const *disk;
	const struct display *const *display;
	const struct loader *const *loader;
	const struct command *const *command;
	const struct feature *const *feature;
	const struct net *const *net;
	const struct plug *const *plug;
	const struct probe *const *probe;
	const struct service *const *service;
	const struct irqchip *const *irqchip;
	const struct viewer *const *viewer;
	const struct virtio_transport *const *transport;

	TABLE_FOREACH(device, device)
		print_device(*device);
	TABLE_FOREACH(plug, plug)
		printf("plug    %-10s %s\n", (*plug)->option + 2,
		       (*plug)->what);
	TABLE_FOREACH(transport, transport)
		printf("virtio  %-10s %s\n", (*transport)->name,
		       (*transport)->what);
	TABLE_FOREACH(net, net)
		printf("net     %-10s %s\n", (*net)->name, (*net)->what);
	TABLE_FOREACH(disk, disk)
		printf("disk    %-10s %s\n", (*disk)->name, (*disk)->what);
	TABLE_FOREACH(display, display)
		printf("display %-10s %s\n", (*display)->name,
		       (*display)->what);
	TABLE_FOREACH(viewer, viewer)
		printf("display %-10s %s\n", (*viewer)->name, (*viewer)->what);
	TABLE_FOREACH(irqchip, irqchip)
		printf("irqchip %-10s %s\n", (*irqchip)->name,
		       (*irqchip)->what);
	TABLE_FOREACH(feature, feature)
		printf("feature %-10s %s\n", (*feature)->name,
		       (*feature)->what);
	TABLE_FOREACH(loader, loader)
		printf("loader  %-10s %s\n", (*loader)->name, (*loader)->what);
	TABLE_FOREACH(probe, probe)
		printf("probe   %-10s %s\n", (*probe)->name, (*probe)->what);
	TABLE_FOREACH(service, service)
		printf("service %-10s %s\n", (*service)->name,
		       (*service)->what);
	TABLE_FOREACH(command, command)
		printf("command %-10s %s\n",
		       (*command)->word ? (*command)->word :
					  (*command)->option + 2,
		       (*command)->what);
	printf("vcpus   %-10u most that --smp takes\n", smp_limit());
}
