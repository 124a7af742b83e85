/*
 * The order to the init inside, packed into one message, and the bytes that
 * wait to be sent on the control port.
 */
#define _GNU_SOURCE
#include "order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int queue_add(struct queue *queue, const void *buf, size_t len)
{
	char *data = realloc(queue->data, queue->end + len);

	if (!data)
		return -ENOMEM;
	if (len > 0)
		memcpy(data + queue->end, buf, len);
	queue->data = data;
	queue->end += len;
	return 0;
}

bool queue_is_empty(const struct queue *queue)
{
	return queue->at == queue->end;
}

void queue_send(struct queue *queue, int fd)
{
	ssize_t n = write(fd, queue->data + queue->at, queue->end - queue->at);

	if (n > 0)
		queue->at += (size_t)n;
	if (queue_is_empty(queue))
		queue->at = queue->end = 0;
}

static uint32_t count_strings(char *const *list)
{
	uint32_t n = 0;

	while (list[n])
		n++;
	return n;
}

static int add_strings(struct queue *queue, char *const *list)
{
	int err = 0;

	for (; *list && !err; list++)
		err = queue_add(queue, *list, strlen(*list) + 1);
	return err;
}

/* What the lab answers for itself: its own scratch directory. */
static char **lab_environment(void)
{
	static char tmpdir[] = "TMPDIR=/tmp";
	char **list = calloc(count_strings(environ) + 2, sizeof(*list));
	size_t n = 0;

	if (!list)
		return NULL;
	for (char **env = environ; *env; env++)
		if (strncmp(*env, "TMPDIR=", 7) != 0)
			list[n++] = *env;
	list[n] = tmpdir;
	return list;
}

int order_pack(struct queue *queue, struct lab_setup *setup,
	       const struct wish *wish)
{
	struct lab_head head = { .kind = LAB_SETUP };
	char *cwd[2] = { getcwd(NULL, 0), NULL };
	char **envs = lab_environment();
	int err = cwd[0] && envs ? 0 : -errno;
	size_t start = queue->end;

	if (!err) {
		setup->shares = count_strings(wish->shares);
		setup->outs = count_strings(wish->outs);
		setup->forwards = count_strings(wish->forwards);
		setup->args = count_strings(wish->args);
		setup->envs = count_strings(envs);
		err = queue_add(queue, &head, sizeof(head));
	}
	if (!err)
		err = queue_add(queue, setup, sizeof(*setup));
	if (!err)
		err = add_strings(queue, cwd);
	if (!err)
		err = add_strings(queue, wish->shares);
	if (!err)
		err = add_strings(queue, wish->outs);
	if (!err)
		err = add_strings(queue, wish->forwards);
	if (!err)
		err = add_strings(queue, wish->args);
	if (!err)
		err = add_strings(queue, envs);
	if (!err) {
		head.size = (uint32_t)(queue->end - start - sizeof(head));
		memcpy(queue->data + start, &head, sizeof(head));
	}
	free(cwd[0]);
	free(envs);
	return err;
}

int order_resize(struct queue *queue, struct lab_winsize size)
{
	struct lab_head head = { LAB_WINSIZE, sizeof(size) };
	int err = queue_add(queue, &head, sizeof(head));

	return err ? err : queue_add(queue, &size, sizeof(size));
}

int order_wake(struct queue *queue)
{
	struct lab_head head = { .kind = LAB_WAKE };

	return queue_add(queue, &head, sizeof(head));
}
