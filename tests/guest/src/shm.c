/*
 * Shared memory of System V for a program of one process, by mmap(2): fio wants
 * some even with --thread, and the guest's kernel is built without it.
 */
#include <stddef.h>
#include <sys/mman.h>
#include <sys/shm.h>

static size_t wanted;

int shmget(key_t key, size_t size, int flags)
{
	(void)key;
	(void)flags;
	wanted = size;
	return 1;
}

void *shmat(int id, const void *at, int flags)
{
	(void)id;
	(void)at;
	(void)flags;
	return mmap(NULL, wanted, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

int shmdt(const void *at)
{
	(void)at;
	return 0;
}

int shmctl(int id, int command, struct shmid_ds *state)
{
	(void)id;
	(void)command;
	(void)state;
	return 0;
}
