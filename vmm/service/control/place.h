/*
 * Where control sockets are: one for each run, in a folder that only its user
 * can enter. A socket whose run is dead is removed by whoever comes across it, and
 * one that is alive never: the folder is locked (flock(2)) while that is decided.
 */
#ifndef MKVM_CONTROL_PLACE_H
#define MKVM_CONTROL_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ctl.h"

struct place {
	char path[PATH_MAX]; /* as the user knows it */
	const char *base;    /* its last part */
	int folder;	     /* descriptor of the folder that it is in */
	ino_t inode;	     /* of the socket; another one is somebody else's */
	dev_t device;
};

/*
 * The user's own folder, made if need be: $XDG_RUNTIME_DIR/mini-kvm,
 * /run/user/UID/mini-kvm, or /tmp/mini-kvm-UID; the first that is safe. Its
 * descriptor and, in @path, its name; or -errno after one message unless
 * @quiet.
 */
int place_folder(char path[PATH_MAX], bool quiet);

/* Makes a name of what is in @text: letters, digits and "._-". At most CTL_NAME_MAX
 * bytes at @name, its NUL included. */
void place_name(const char *text, char name[CTL_NAME_MAX]);

/*
 * Listens at @path, or, where that is NULL, in the user's folder by the name
 * @name, or, unless that is @fixed, one made of it that is free, which @name is
 * then. The descriptor, and @place; or -errno after one message.
 */
int place_listen(struct place *place, const char *path, char *name, bool fixed);

/* Removes the socket, if it is still that one, and lets go of the folder. */
void place_leave(struct place *place);
void place_close(struct place *place);

/* Connects to @path, where a run of this user, or of anybody if that is root, has to
 * be, and may @wait for that, some seconds. A descriptor that blocks if so, or -errno:
 * -ECONNREFUSED where a run has died, and unless it was to @wait, as for a path that
 * the user has named, its socket is removed; -EAGAIN where one hears nobody just now. */
int place_connect(const char *path, bool wait);

#endif
