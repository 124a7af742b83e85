/* --sound: the timer as a device of ours, with somebody who listens to its speaker. */
#include <errno.h>
#include <unistd.h>

#include "devices/pit.h"
#include "devices/wav.h"
#include "plug.h"
#include "util/log.h"

#define OPTION	"--sound"
#define UNHEARD (-1) /* a copy of a guest, which has the file already */

static void forget(const void *config)
{
	const int *fd = config;

	if (*fd >= 0)
		close(*fd);
}

/* A timer of ours, with somebody who listens, whoever's the machine's was. */
static int sound_plug(struct plan *plan, const char *arg)
{
	struct planned *planned;
	int fd;

	if (!plan_allows(plan, pit_device.name)) {
		log_error(OPTION ": the speaker sounds what the timer counts, "
				 "and --no-pit takes that away");
		return -EINVAL;
	}
	fd = plan_copy(plan) ? UNHEARD : wav_open(OPTION, arg);
	if (fd < 0 && fd != UNHEARD)
		return fd;
	planned = plan_add(plan, &pit_device, &fd, sizeof(fd));
	if (!planned) {
		forget(&fd);
		return -EINVAL;
	}
	planned->forget = forget;
	return 0;
}

static const struct plug plug = {
	.option = "--sound",
	.arg = "FILE",
	.what = "records what the PC's speaker says, as a WAV file",
	.is_of_host = true,
	.plug = sound_plug,
};

PLUG(plug);
