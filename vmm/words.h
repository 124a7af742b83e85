/*
 * A machine in words: those of a command line that make it again, with what the user
 * did not choose, but this kvm-vmm or this host did. What the run was to do beside
 * that (--timeout, probes, services) is not among them.
 */
#ifndef MKVM_WORDS_H
#define MKVM_WORDS_H

struct options;
struct vm_config;

/* Sets config->words, which words_free() frees. 0, or -ENOMEM after one message. */
int words_make(const struct options *opt, struct vm_config *config);
void words_free(struct vm_config *config);

#endif
