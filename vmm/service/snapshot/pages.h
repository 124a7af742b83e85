/* Which pages of guest RAM there are: those that nobody has touched are not looked
 * at. */
#ifndef MKVM_SNAPSHOT_PAGES_H
#define MKVM_SNAPSHOT_PAGES_H

struct memory;
struct pageset;

/* Gets hold of what the kernel says of this process's pages, while that can still
 * be opened. Without it every page is looked at. */
void pages_prepare(void);

/* Adds the pages of @mem to @set that may be something else than zeroes because
 * somebody has touched them. */
void pages_touched(const struct memory *mem, struct pageset *set);

#endif
