/*
 * The doctor's advice: for what it found wrong, the next thing to do.
 */
#include "doctor.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES 4096

/* What /proc/cpuinfo tells of the first processor. */
struct host_cpu {
	const char *module; /* that brings its KVM */
	bool virtual;	    /* we are in a VM ourselves */
};

static struct host_cpu look_at_cpu(void)
{
	struct host_cpu cpu = { .module = "kvm_intel" };
	char line[LINE_BYTES];
	FILE *file = fopen("/proc/cpuinfo", "re");

	while (file && fgets(line, sizeof(line), file) && *line != '\n') {
		if (strstr(line, "AuthenticAMD") ||
		    strstr(line, "HygonGenuine"))
			cpu.module = "kvm_amd";
		else if (!strncmp(line, "flags", 5))
			cpu.virtual = strstr(line, " hypervisor") != NULL;
	}
	if (file)
		fclose(file);
	return cpu;
}

static void advise_nested(const struct host_cpu *cpu)
{
	if (!cpu->virtual)
		return;
	printf("  * This machine is a virtual machine itself. On its host, "
	       "turn nested\n"
	       "    virtualization on (option nested=1 of kvm_intel or "
	       "kvm_amd) and pass the\n"
	       "    host's CPU model through. In a cloud, take a machine type "
	       "that offers it.\n");
}

static void advise_module(const struct host_cpu *cpu)
{
	printf("  * Load the module: `sudo modprobe %s`.\n", cpu->module);
	if (!cpu->virtual)
		printf("  * If it says \"Operation not supported\": turn VT-x "
		       "(Intel) or SVM (AMD)\n"
		       "    on in the firmware set-up (BIOS), then start the "
		       "machine anew.\n");
	printf("  * In a container: start it with `--device /dev/kvm`.\n");
	advise_nested(cpu);
}

/* group(5): the name of group @gid in @name, which has room for a line; false
 * when it has none. getgrgid() would ask services that a VMM has no use for. */
static bool find_group(gid_t gid, char *name, int size)
{
	FILE *file = fopen("/etc/group", "re");
	bool found = false;

	while (file && !found && fgets(name, size, file)) {
		char *password = strchr(name, ':');
		char *number = password ? strchr(password + 1, ':') : NULL;

		if (!number)
			continue;
		*password = '\0';
		found = strtoul(number + 1, NULL, 10) == gid;
	}
	if (file)
		fclose(file);
	return found;
}

static void advise_permission(void)
{
	char group[LINE_BYTES];
	struct stat st;

	if (geteuid() == 0) {
		printf("  * You are root and still refused: in a container, "
		       "start it with\n"
		       "    `--device /dev/kvm`.\n");
		return;
	}
	if (!stat("/dev/kvm", &st) && st.st_mode & S_IWGRP && st.st_gid != 0 &&
	    find_group(st.st_gid, group, sizeof(group))) {
		printf("  * Join the group: `sudo usermod -aG %s $USER`, then "
		       "log in again.\n",
		       group);
		return;
	}
	printf("  * Open /dev/kvm to group kvm:\n"
	       "    `sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm`;\n"
	       "    then join it: `sudo usermod -aG kvm $USER`, and log in "
	       "again.\n");
}

static void advise_open(int error, const struct host_cpu *cpu)
{
	switch (error) {
	case EACCES:
	case EPERM:
		advise_permission();
		break;
	case EBUSY:
		printf("  * Another hypervisor holds the processor: end it "
		       "(VirtualBox, VMware).\n");
		break;
	default:
		advise_module(cpu);
	}
}

static bool any_wrong(const struct doctor *doctor, enum probe_group group)
{
	enum probe_id id;

	for (id = 0; id < PROBE_COUNT; id++)
		if (probes[id].group == group && !probes[id].optional &&
		    (doctor->findings[id].verdict == VERDICT_MISSING ||
		     doctor->findings[id].verdict == VERDICT_FAILED))
			return true;
	return false;
}

void doctor_advise(const struct doctor *doctor)
{
	bool host = any_wrong(doctor, GROUP_HOST);
	bool caps = any_wrong(doctor, GROUP_CAPS);
	bool guests = any_wrong(doctor, GROUP_GUESTS);
	struct host_cpu cpu = look_at_cpu();

	if (!host && !caps && !guests) {
		printf("\nEverything runs here: `make run`.\n");
		return;
	}
	printf("\nNext steps\n");
	if (doctor->findings[PROBE_OPEN].error)
		advise_open(doctor->findings[PROBE_OPEN].error, &cpu);
	if (caps)
		printf("  * Update the kernel: Linux 5.0 and later have every "
		       "capability above\n"
		       "    that is not marked as nice to have.\n");
	if (guests) {
		printf("  * This KVM lacks what VT-x and AMD-V give. No "
		       "setting of kvm-vmm can\n"
		       "    bring it back.\n");
		advise_nested(&cpu);
	}
	printf("  * Or use the lab, an emulated machine whose KVM does it all:\n"
	       "    `make run RUN=lab`.\n");
}
