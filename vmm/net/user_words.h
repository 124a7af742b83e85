/* What comes behind --net user: ports that lead into the guest, and who answers
 * its questions about names. */
#ifndef MKVM_NET_USER_WORDS_H
#define MKVM_NET_USER_WORDS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define USER_FORWARDS_MAX 32

struct user_forward {
	bool udp;
	int fd; /* a socket that is bound, and for TCP listens */
	uint16_t guest_port;
};

struct user_words {
	char resolver[INET_ADDRSTRLEN];
	unsigned int nr_forwards;
	struct user_forward forwards[USER_FORWARDS_MAX];
};

/*
 * Takes @text, NULL or words with commas between them: dns=ADDRESS, and
 * hostfwd=tcp|udp:[ADDRESS:]PORT:PORT, each of which becomes a socket. Without
 * dns=, the resolver is the first one of /etc/resolv.conf. False after one message,
 * and then there is nothing to drop.
 */
bool user_words_take(struct user_words *words, const char *text);

/* Whether @word is one of those, hostfwd=. */
bool user_word_is_forward(const char *word);

/* Closes the sockets. */
void user_words_drop(struct user_words *words);

#endif
