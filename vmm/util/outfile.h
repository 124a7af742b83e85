/*
 * The file that an option names to be written. What was written by the same
 * option before is replaced; any other file is left alone, for it may be an
 * image or a user's work that stands where the name was forgotten.
 */
#ifndef MKVM_OUTFILE_H
#define MKVM_OUTFILE_H

#include <stdbool.h>

/*
 * Opens @path for writing, empty. @heads: how files of @option begin, a list
 * that ends with NULL, behind which may be bytes of any kind; "#" in one stands
 * for a decimal number. A file that is cut short within such a head is ours, too,
 * and so is an empty one. NULL: any file that begins with text. A pipe or a device
 * is opened as it is, and where stdout or stderr goes into the same file, what is
 * written follows on what that has. Returns the descriptor, or -errno after one
 * message.
 */
int outfile_open(const char *option, const char *path,
		 const char *const *heads);

/* The same; whether the file at @fd may be replaced is what @is_ours says. */
int outfile_open_if(const char *option, const char *path,
		    bool (*is_ours)(int fd));

#endif
