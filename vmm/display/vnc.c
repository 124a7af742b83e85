/*
 * --display vnc[=ADDRESS]: the screen, keyboard and mouse for a VNC client, by
 * kvm-vnc. Both loopbacks are listened at, unless an address is given; there is no
 * password, so who is let in by an address is let in to the guest.
 */
#include <errno.h>
#include <string.h>

#include "display/program.h"
#include "util/log.h"

#define OPTION	   "--display vnc"
#define FIRST_PORT 5900 /* of display 0, RFC 6143 */
#define LAST_PORT  5999

static bool parse(struct listen_place *place, const char *arg)
{
	*place = (struct listen_place){ .port = FIRST_PORT, .last = LAST_PORT };
	return !arg || listen_parse(place, arg);
}

static int check(const char *arg)
{
	struct listen_place place;

	if (parse(&place, arg))
		return 0;
	log_error(OPTION "=%s: give a port, a numeric address, or both: 5901, "
			 "192.0.2.1, [::1]:5901",
		  arg);
	return -EINVAL;
}

static void *vnc_open(const char *arg, struct view_port *port,
		      struct event_loop *loop)
{
	struct program_config config = { .name = "kvm-vnc",
					 .option = OPTION,
					 .goal = "make" };
	struct listen_place place;
	struct program *program;

	parse(&place, arg);
	if (!listen_open(&config, &place))
		return NULL;
	program = program_open(&config, port, loop);
	if (program)
		log_warn(OPTION ": %s, port %u",
			 *place.host ? place.host : "this machine", place.port);
	return program;
}

static const struct viewer vnc = {
	.name = "vnc",
	.arg = "[=ADDR]",
	.what = "for a VNC client, on this machine unless ADDR says more",
	.check = check,
	.open = vnc_open,
	.close = program_close,
};
VIEWER(vnc);
