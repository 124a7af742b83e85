/* The guest's last text screen, behind the report: often it says why. */
#include <stdlib.h>

#include "core/board.h"
#include "core/vm.h"
#include "probes/report/report.h"
#include "util/log.h"
#include "util/surface.h"

void report_screen(const struct vm *vm)
{
	struct surface *surface;
	char *lines = NULL;
	size_t len;

	if (atomic_load(&vm->on_terminal))
		return;
	surface = calloc(1, sizeof(*surface));
	if (surface && boards_look(vm, surface) && surface_is_written(surface))
		lines = surface_lines(surface, surface_wants_utf8(), "  | ",
				      &len);
	if (lines) {
		log_error("%s: its screen:", vm->config.name);
		log_text(lines, len);
	}
	free(lines);
	free(surface);
}
