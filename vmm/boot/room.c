/* Room for a piece of an image: see room.h. */
#include "boot/room.h"

#include <errno.h>

#include "abi/pc.h"
#include "util/log.h"

#define MIB_SHIFT 20

/* "PATH: WHAT lies from A to B, " begins each message. */
#define PIECE_FMT      "%s: %s from 0x%llx to 0x%llx "
#define PIECE(s, end)  (unsigned long long)(s), (unsigned long long)(end)
#define HOLE_START_MIB (MEM_HOLE_START >> MIB_SHIFT)

unsigned long long room_mem(gpa_t end)
{
	return (end + (1ULL << MIB_SHIFT) - 1) >> MIB_SHIFT;
}

static int too_low(const char *path, const char *what, gpa_t start, gpa_t end,
		   const struct room_taken *taken)
{
	log_error(PIECE_FMT "is too low: kvm-vmm lays %s from 0x%llx to "
			    "0x%llx; link it from 0x%x on",
		  path, what, PIECE(start, end), taken->what,
		  PIECE(taken->start, taken->end), MEM_FIRMWARE_END);
	return -E2BIG;
}

static int beyond(const char *path, const char *what, gpa_t start, gpa_t end,
		  const struct memory *mem)
{
	if (start >= MEM_HOLE_START)
		log_error(PIECE_FMT "is too high: only devices are above "
				    "0x%llx; link it lower",
			  path, what, PIECE(start, end), MEM_HOLE_START);
	else if (end > MEM_HOLE_START || end < start)
		log_error(PIECE_FMT "is too large: RAM for it ends at 0x%llx, "
				    "with --mem %lluM as with more",
			  path, what, PIECE(start, end), MEM_HOLE_START,
			  HOLE_START_MIB);
	else
		log_error(PIECE_FMT "needs more RAM, which ends at 0x%zx; try "
				    "--mem %lluM",
			  path, what, PIECE(start, end), mem->low_size,
			  room_mem(end));
	return -E2BIG;
}

int room_check(const char *path, const char *what, gpa_t start, gpa_t end,
	       const struct memory *mem, const struct room_taken *taken)
{
	if (end < start || end > mem->low_size)
		return beyond(path, what, start, end, mem);
	for (; taken->end; taken++)
		if (start < taken->end && taken->start < end)
			return too_low(path, what, start, end, taken);
	return 0;
}
