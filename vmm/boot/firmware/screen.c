/*
 * The text screen as a BIOS leaves it: clear, and what it notes about it in its
 * data area. The registers are devices/vga.c's, which starts in the same mode.
 *
 *   40:49  mode 3, its columns and bytes, cursors, the CRT controller's port
 *   40:84  its rows, lines of a character, and what kind of adapter it is
 *
 * Follows the IBM PS/2 and PC BIOS Interface Technical Reference, "BIOS Data
 * Area".
 */
#include "firmware.h"
#include "memory.h"
#include "util/surface.h"

#define SCREEN_GPA   0xb8000
#define SCREEN_BYTES 0x8000

#define FOUR_BLANKS (CELL_BLANK * 0x0001000100010001ULL)

#define BDA_VIDEO_GPA  0x449
#define BDA_VIDEO2_GPA 0x484

struct bda_video {
	uint8_t mode;
	uint16_t columns, page_bytes, page_start;
	uint16_t cursors[8];		  /* by page */
	uint8_t cursor_end, cursor_start; /* scan lines */
	uint8_t page;
	uint16_t crtc_port;
	uint8_t mode_select, palette; /* of a CGA, 3D8 and 3D9 */
} __attribute__((packed));

struct bda_video2 {
	uint8_t last_row;
	uint16_t lines; /* of a character */
	uint8_t info, switches, flags, display_code;
} __attribute__((packed));

static void screen_write(const struct memory *mem,
			 const struct platform *platform)
{
	static const struct bda_video video = {
		.mode = 3,
		.columns = 80,
		.page_bytes = 0x1000,
		.cursor_end = 0x0e,
		.cursor_start = 0x0d,
		.crtc_port = 0x3d4,
		.mode_select = 0x29,
		.palette = 0x30,
	};
	static const struct bda_video2 video2 = {
		.last_row = 24,
		.lines = 16,
		.info = 0x60,
		.switches = 0xf9,
		.flags = 0x51,
		.display_code = 0x08,
	};
	uint64_t *cells = mem_hva(mem, SCREEN_GPA, SCREEN_BYTES);

	(void)platform;
	mem_write(mem, BDA_VIDEO_GPA, &video, sizeof(video));
	mem_write(mem, BDA_VIDEO2_GPA, &video2, sizeof(video2));
	for (size_t i = 0; cells && i < SCREEN_BYTES / sizeof(*cells); i++)
		cells[i] = FOUR_BLANKS;
}

static bool has_screen(const struct platform *platform)
{
	return platform_has(platform, PLATFORM_VGA);
}

static const struct firmware screen = {
	.name = "screen",
	.fits = has_screen,
	.write = screen_write,
};
FIRMWARE(screen);
