/*
 * What an access to a virtio device means, for --explain: its registers by name,
 * over MMIO and PCI, and what goes through its queues, which no exit shows.
 */
#include "probes/explain/explain.h"

#include <linux/kvm.h>

#include "probe.h"
#include "queue.h"

#define DOC "VIRTIO 1.1"

/* Where a kick goes: over PCI to one place in memory, or to any port of a BAR. */
#define MMIO_NOTIFY    0x50
#define PCI_NOTIFY     0x2000
#define PCI_NOTIFY_BAR 2

struct name {
	uint8_t at;
	char name[15];
};

/* VIRTIO 1.1, "MMIO Device Register Layout"; in order */
static const struct name mmio[] = {
	{ 0x00, "\"virt\"" },	   { 0x04, "version" },
	{ 0x08, "device id" },	   { 0x0c, "vendor" },
	{ 0x10, "offers" },	   { 0x14, "half of offers" },
	{ 0x20, "takes" },	   { 0x24, "half of takes" },
	{ 0x30, "select queue" },  { 0x34, "size at most" },
	{ 0x38, "queue size" },	   { 0x44, "queue ready" },
	{ 0x60, "why interrupt" }, { 0x64, "acknowledge" },
	{ 0x80, "descriptors" },   { 0x84, "high half" },
	{ 0x90, "guest's ring" },  { 0x94, "high half" },
	{ 0xa0, "device's ring" }, { 0xa4, "high half" },
	{ 0xfc, "generation" },
};

/* "Common configuration structure layout"; in order */
static const struct name common[] = {
	{ 0x00, "half of offers" }, { 0x04, "offers" },
	{ 0x08, "half of takes" },  { 0x0c, "takes" },
	{ 0x10, "config vector" },  { 0x12, "queues" },
	{ 0x14, "status" },	    { 0x15, "generation" },
	{ 0x16, "select queue" },   { 0x18, "queue size" },
	{ 0x1a, "queue's vector" }, { 0x1c, "queue ready" },
	{ 0x1e, "notify where" },   { 0x20, "descriptors" },
	{ 0x24, "high half" },	    { 0x28, "guest's ring" },
	{ 0x2c, "high half" },	    { 0x30, "device's ring" },
	{ 0x34, "high half" },
};

static const struct explain_bits status_bits[] = {
	{ 0xff, 0x00, "reset" },     { 0x01, 0x01, "ACKNOWLEDGE" },
	{ 0x02, 0x02, "DRIVER" },    { 0x08, 0x08, "FEATURES_OK" },
	{ 0x04, 0x04, "DRIVER_OK" }, { 0x40, 0x40, "NEEDS_RESET" },
	{ 0x80, 0x80, "FAILED" },    { 0 },
};

static void say_name(struct text *answer, const struct explain_access *access,
		     const struct name *names, size_t count)
{
	size_t i = 0;

	while (i + 1 < count && names[i + 1].at <= access->off)
		i++;
	text_add(answer, "%s", names[i].name);
}

static void say_mmio(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	(void)guest;
	say_name(answer, access, mmio, sizeof(mmio) / sizeof(mmio[0]));
}

static void say_common(struct text *answer, const struct explain_access *access,
		       const struct explain_guest *guest)
{
	(void)guest;
	say_name(answer, access, common, sizeof(common) / sizeof(common[0]));
}

static void say_kick(struct text *answer, const struct explain_access *access,
		     const struct explain_guest *guest)
{
	(void)guest;
	text_add(answer, "requests in queue %llu",
		 (unsigned long long)(access->val & 0xffff));
}

#define MMIO(from, to)                                             \
	.first = (from), .last = (to), .space = SPACE_VIRTIO_MMIO, \
	.way = WAY_BOTH
#define PCI(from, to)                                             \
	.first = (from), .last = (to), .space = SPACE_VIRTIO_PCI, \
	.way = WAY_BOTH
#define STATUS                                               \
	BITS(status_bits), READ(DOC, "Device Status Field"), \
		TEXT("Status", "", "how far driver and device have come")
#define KICK                                                \
	.say = say_kick, READ(DOC, "Driver notifications"), \
	TEXT("QueueNotify", "", "the driver has put something into a queue")
#define CONFIG                                           \
	READ(DOC, "Device Configuration Space"),         \
		TEXT("config", "of this kind of device", \
		     "what only devices of this kind have")

/* Of PCI, the number of the BAR is above the offset. */
static const struct explain_row rows[] = {
	{ MMIO(MMIO_NOTIFY, MMIO_NOTIFY + 3), KICK },
	{ MMIO(0x70, 0x73), STATUS },
	{ MMIO(0x000, 0x0ff), .say = say_mmio,
	  READ(DOC, "MMIO Device Register Layout"),
	  TEXT("virtio", "", "the device and its queues") },
	{ MMIO(0x100, 0xfff), CONFIG },
	{ PCI(PCI_NOTIFY, PCI_NOTIFY + 0xfff), KICK },
	{ PCI(0x20000, 0x2ffff), KICK },
	{ PCI(0x14, 0x14), STATUS },
	{ PCI(0x0000, 0x0fff), .say = say_common,
	  READ(DOC, "Common configuration structure layout"),
	  TEXT("virtio", "", "the device and its queues") },
	{ PCI(0x1000, 0x1fff), READ(DOC, "ISR status capability"),
	  TEXT("ISR", "why it interrupted", "reading it lowers the pin") },
	{ PCI(0x3000, 0x3fff), CONFIG },
	{ PCI(0x10000, 0x1ffff),
	  READ("PCI 3.0", "MSI-X Capability and Table Structure"),
	  TEXT("MSI-X", "table of messages", "where each interrupt goes") },
};

const struct explain_table explain_virtio = EXPLAIN_TABLE(rows);

bool explain_is_kick(const struct exit_view *view)
{
	const unsigned int reason = view->run->exit_reason;
	struct explain_access access;

	if (reason != KVM_EXIT_IO && reason != KVM_EXIT_MMIO)
		return false;
	explain_take_access(&access, view);
	if (!access.write)
		return false;
	if (access.inner == SPACE_VIRTIO_MMIO)
		return access.off == MMIO_NOTIFY;
	return access.inner == SPACE_VIRTIO_PCI &&
	       (access.off >> 12 == PCI_NOTIFY >> 12 ||
		access.off >> 16 == PCI_NOTIFY_BAR);
}

static const char *s(uint64_t count)
{
	return count == 1 ? "" : "s";
}

void explain_add_event(struct text *text, const struct queue_event *event)
{
	const unsigned int nr = event->nr_out + event->nr_in;

	switch (event->what) {
	case QUEUE_TAKEN:
		text_add(text, "takes %u buffer%s:", nr, s(nr));
		if (event->nr_out)
			text_add(text, " reads %llu byte%s",
				 (unsigned long long)event->out, s(event->out));
		if (event->nr_in)
			text_add(text, "%s may write %llu",
				 event->nr_out ? "," : "",
				 (unsigned long long)event->in);
		break;
	case QUEUE_GIVEN:
		text_add(text, "gives it back, %llu byte%s written",
			 (unsigned long long)event->in, s(event->in));
		break;
	case QUEUE_TOLD:
		text_add(text, "%s",
			 event->asked ? "interrupt" :
					"no interrupt, the guest wants none");
		break;
	}
}
