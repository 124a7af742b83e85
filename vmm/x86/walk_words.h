/* Page walks (x86/walk.h) in words. */
#ifndef MKVM_X86_WALK_WORDS_H
#define MKVM_X86_WALK_WORDS_H

struct text;
struct walk;

/* One line for each entry of @walk, behind @indent, and where it ends. */
void walk_add(struct text *text, const struct walk *walk, const char *indent);

/* "PDE 5 is not present", of a walk that is not WALK_MAPPED. */
void walk_add_end(struct text *text, const struct walk *walk);

#endif
