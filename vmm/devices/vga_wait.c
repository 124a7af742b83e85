/*
 * A guest that waits for the retrace reads input status 1 until a bit of it changes,
 * each time by a VM exit. When that comes is known beforehand, so its vCPU sleeps
 * until then; what it reads stays true to the clock.
 *
 * In the retrace both bits stay as they are, and every wait is for the end of it.
 * While lines are shown the lower bit comes and goes with each of them. Who reads
 * on from the same place, with the same pointers, after both of its values, is
 * waiting for the retrace and not for that.
 */
#include "device.h"
#include "feature.h"
#include "vga.h"

#define PATIENCE 4 /* reads of who may be doing something between them */

static const struct feature wait = {
	.name = "vga-wait",
	.what = "a guest that polls for the retrace of the screen sleeps",
};
FEATURE(wait);

void vga_wait_init(struct vga *v)
{
	v->waits = board_has(v->board, wait.name);
}

/* Until the line that is being shown is over: who is waiting for that has it. */
static uint8_t end_line(struct vga *v, uint64_t now_ns)
{
	board_linger(v->board,
		     now_ns - now_ns % VGA_LINE_NS + VGA_LINE_SHOWN_NS);
	return vga_status_at(board_now_ns(v->board));
}

uint8_t vga_wait(struct vga *v, uint64_t now_ns)
{
	const uint64_t frame_ns = now_ns - now_ns % VGA_FRAME_NS;
	const unsigned int repeats = v->waits ? board_repeats(v->board) : 0;
	uint8_t status = vga_status_at(now_ns);

	if (!repeats)
		v->wait_saw = 0;
	else if (status & VGA_STATUS_VSYNC)
		board_rest(v->board, frame_ns + VGA_FRAME_NS);
	else if (v->wait_saw == VGA_SAW_SHOWN && !(status & VGA_STATUS_HIDDEN))
		status = end_line(v, now_ns);
	else if (v->wait_saw == VGA_SAW_BOTH && repeats >= PATIENCE)
		board_rest(v->board, frame_ns + VGA_SHOWN_NS);
	v->wait_saw |= status & VGA_STATUS_HIDDEN ? VGA_SAW_HIDDEN :
						    VGA_SAW_SHOWN;
	return status;
}
