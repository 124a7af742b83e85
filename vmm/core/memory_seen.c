/* What a guest finds in memory: the bare loop only fills RAM. */
#include "memory_seen.h"

#include <errno.h>
#include <string.h>

const void *mem_seen(const struct memory *mem, gpa_t gpa, size_t len)
{
	const void *shown = mem->shown ? mem->shown(mem->shown_by, gpa, len) :
					 NULL;

	return shown ? shown : mem_hva(mem, gpa, len);
}

int mem_read(const struct memory *mem, gpa_t gpa, void *buf, size_t len)
{
	const void *hva = mem_seen(mem, gpa, len);

	if (!hva)
		return -EFAULT;
	memcpy(buf, hva, len);
	return 0;
}
