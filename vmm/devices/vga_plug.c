/*
 * --vga: what kind of screen takes the place of the usual one: one that PCI knows of,
 * or one that shows a framebuffer from the first instruction on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "plug.h"
#include "vga.h"
#include "util/log.h"

#define OPTION	   "--vga"
#define WIDTH_STEP 8

static int refuse(const char *arg)
{
	log_error(OPTION " %s: it is `pci`, or WIDTHxHEIGHT, up to %dx%d and a "
			 "multiple of %d across, and x16, x24 or x32 if it is "
			 "not to be 32 bits a pixel",
		  arg, PICTURE_MAX_WIDTH, PICTURE_MAX_HEIGHT, WIDTH_STEP);
	return -EINVAL;
}

/* "1024x768" or "1024x768x16". */
static bool find_mode(const char *arg, struct framebuffer *fb)
{
	unsigned int width, height, bpp = 32;
	int end = 0;

	if (sscanf(arg, "%4ux%4u%n", &width, &height, &end) != 2)
		return false;
	if (arg[end] == 'x') {
		arg += end;
		end = 0;
		if (sscanf(arg, "x%2u%n", &bpp, &end) != 1)
			return false;
	}
	*fb = (struct framebuffer){ PC_LFB_GPA, width, height, bpp };
	return !arg[end] && width && width <= PICTURE_MAX_WIDTH &&
	       width % WIDTH_STEP == 0 && height &&
	       height <= PICTURE_MAX_HEIGHT &&
	       (bpp == 16 || bpp == 24 || bpp == 32);
}

/* A VGA BIOS, for firmware to find; a guest that begins without any does not miss
 * it. */
static void read_rom(struct vga_rom *rom)
{
	const int fd = open(CONFIG_VGA_ROM_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, rom->data, sizeof(rom->data));

	if (len < 0)
		log_info(OPTION " pci: " CONFIG_VGA_ROM_FILE ": %s",
			 strerror(errno));
	rom->len = len < 0 ? 0 : len;
	if (fd >= 0)
		close(fd);
}

static int add_pci(struct plan *plan)
{
	static struct vga_rom rom;

	if (!vga_pci_type()) {
		log_error(OPTION " pci: PCI was not built in");
		return -EINVAL;
	}
	read_rom(&rom);
	return plan_add(plan, vga_pci_type(), &rom, sizeof(rom)) ? 0 : -EINVAL;
}

static int vga_plug(struct plan *plan, const char *arg)
{
	struct framebuffer fb;

	/* Firmware has asked for it already. */
	if (!strcmp(arg, "pci") && vga_pci_type() &&
	    plan_makes(plan, vga_pci_type()))
		return 0;
	if (plan_framebuffer(plan) || plan_has(plan, vga_type.name)) {
		log_error(OPTION " %s: a guest has one screen", arg);
		return -EINVAL;
	}
	if (!strcmp(arg, "pci"))
		return add_pci(plan);
	if (!find_mode(arg, &fb))
		return refuse(arg);
	if (!plan_add(plan, &vga_type, &fb, sizeof(fb)))
		return -EINVAL;
	plan_show(plan, &fb);
	return 0;
}

static const struct plug plug = {
	.option = OPTION,
	.arg = "KIND",
	.what = "screen: pci, or WIDTHxHEIGHT[xBITS]: a framebuffer",
	.plug = vga_plug,
};
PLUG(plug);
