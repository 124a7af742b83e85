/* Hypercalls of a guest that is saved, and of one that was restored. */
#include "abi/hypercall.h"
#include "devices/hypercall.h"

#define NS_PER_S 1000000000ULL

/* By the time that it asks what became of it, it has stood still. */
static void hc_save(struct hypercall *hc)
{
	hc->answer = board_save(hc->board) ? ANSWER_SAVED : ANSWER_RESULT;
	hc->result = HC_UNSAVED;
}

static uint64_t wall_ns(struct hypercall *hc)
{
	const struct timespec now = board_wall(hc->board);

	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

bool hypercall_saved_call(struct hypercall *hc, uint8_t function)
{
	switch (function) {
	case HC_SAVE:
		hc_save(hc);
		return true;
	case HC_RESTORES:
		hc->result = hc->restores;
		return true;
	case HC_COPY:
		hc->result = board_copy(hc->board);
		return true;
	case HC_WALL_TIME:
		hc->result = wall_ns(hc);
		return true;
	default:
		return false;
	}
}

/* A guest that was restored has another result: hypercall_restored(). */
uint8_t hypercall_saved_result(struct hypercall *hc)
{
	return board_is_saved(hc->board) ? HC_SAVED : HC_UNSAVED;
}
