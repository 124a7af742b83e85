/* The words of --net user, and the sockets that they ask for. */
#include "net/user_words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"

#define BACKLOG	   128
#define RESOLV	   "/etc/resolv.conf"
#define LOOPBACK   "127.0.0.1"
#define HOSTFWD	   "hostfwd="
#define DNS	   "dns="
#define PORT_MAX   65535
#define PRIVILEGED 1024 /* ports below are root's */

/* A port at *@text, up to @end, which *@text is moved behind. */
static bool take_port(char **text, char end, uint16_t *port)
{
	char *rest;
	unsigned long number = strtoul(*text, &rest, 10);

	if (**text < '0' || **text > '9' || *rest != end || !number ||
	    number > PORT_MAX)
		return false;
	*text = end ? rest + 1 : rest;
	*port = number;
	return true;
}

/* "tcp:[ADDRESS:]PORT:PORT", without an address this host's own alone. */
static bool parse_forward(char *text, struct user_forward *f,
			  struct sockaddr_in *at)
{
	uint16_t port;
	char *colon;

	f->udp = !strncmp(text, "udp:", 4);
	if (!f->udp && strncmp(text, "tcp:", 4) != 0)
		return false;
	text += 4;
	*at = (struct sockaddr_in){ .sin_family = AF_INET };
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	colon = strchr(text, ':');
	if (colon && strchr(colon + 1, ':')) {
		*colon = '\0';
		if (*text && inet_pton(AF_INET, text, &at->sin_addr) != 1)
			return false;
		text = colon + 1;
	}
	if (!take_port(&text, ':', &port) ||
	    !take_port(&text, '\0', &f->guest_port))
		return false;
	at->sin_port = htons(port);
	return true;
}

/* The socket at which the host's side of @f is; -errno. */
static int open_forward(const struct user_forward *f,
			const struct sockaddr_in *at)
{
	int fd = socket(AF_INET,
			(f->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	int one = 1, err;

	if (fd < 0)
		return -errno;
	if (!f->udp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, (const struct sockaddr *)at, sizeof(*at)) &&
	    (f->udp || !listen(fd, BACKLOG)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static const char *forward_advice(int err, uint16_t port)
{
	if (err == EADDRINUSE)
		return "; another program has that port: choose another";
	if (err == EACCES && port < PRIVILEGED)
		return "; ports below 1024 are root's: choose a higher one";
	if (err == EADDRNOTAVAIL)
		return "; give an address that this host has, or 0.0.0.0 for "
		       "all";
	return log_advice(err);
}

static bool take_forward(struct user_words *words, const char *text)
{
	struct user_forward *f = &words->forwards[words->nr_forwards];
	char copy[64];
	struct sockaddr_in at;

	if (words->nr_forwards == USER_FORWARDS_MAX) {
		log_error("--net user: %s%s: there are %u forwards already",
			  HOSTFWD, text, USER_FORWARDS_MAX);
		return false;
	}
	snprintf(copy, sizeof(copy), "%s", text);
	if (strlen(text) >= sizeof(copy) || !parse_forward(copy, f, &at)) {
		log_error("--net user: %s%s: give tcp or udp, a port of this "
			  "host and one of the guest, such as tcp:2222:22",
			  HOSTFWD, text);
		return false;
	}
	f->fd = open_forward(f, &at);
	if (f->fd < 0) {
		log_error("--net user: %s%s: %s%s", HOSTFWD, text,
			  strerror(-f->fd),
			  forward_advice(-f->fd, ntohs(at.sin_port)));
		return false;
	}
	words->nr_forwards++;
	return true;
}

static bool take_resolver(struct user_words *words, const char *text)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, text, &addr) != 1) {
		log_error("--net user: %s%s: give an address such as 9.9.9.9",
			  DNS, text);
		return false;
	}
	snprintf(words->resolver, sizeof(words->resolver), "%s", text);
	return true;
}

bool user_word_is_forward(const char *word)
{
	return !strncmp(word, HOSTFWD, strlen(HOSTFWD));
}

static bool take_word(struct user_words *words, const char *word)
{
	if (user_word_is_forward(word))
		return take_forward(words, word + strlen(HOSTFWD));
	if (!strncmp(word, DNS, strlen(DNS)))
		return take_resolver(words, word + strlen(DNS));
	log_error("--net user: %s: there is " HOSTFWD "tcp:PORT:PORT and " DNS
		  "ADDRESS",
		  word);
	return false;
}

/* The address in a line of /etc/resolv.conf that names a resolver; NULL: it does
 * not, or has one of IPv6. */
static const char *resolver_in(char *line)
{
	struct in_addr addr;
	char *rest = line;
	const char *key = strsep(&rest, " \t\n");
	const char *value = rest ? strsep(&rest, " \t\n") : NULL;

	return value && !strcmp(key, "nameserver") &&
			       inet_pton(AF_INET, value, &addr) == 1 ?
		       value :
		       NULL;
}

/* Nobody answers, if there is none: that is said at once. */
static void find_resolver(struct user_words *words)
{
	FILE *file = fopen(RESOLV, "re");
	const char *found = NULL;
	char line[256];

	while (file && !found && fgets(line, sizeof(line), file))
		found = resolver_in(line);
	snprintf(words->resolver, sizeof(words->resolver), "%s",
		 found ? found : LOOPBACK);
	if (file)
		fclose(file);
}

bool user_words_take(struct user_words *words, const char *text)
{
	char *copy = strdup(text ? text : ""), *rest = copy, *word;
	bool good = copy;

	*words = (struct user_words){ .nr_forwards = 0 };
	while (good && text && (word = strsep(&rest, ",")))
		good = take_word(words, word);
	free(copy);
	if (!good)
		user_words_drop(words);
	else if (!words->resolver[0])
		find_resolver(words);
	return good;
}

void user_words_drop(struct user_words *words)
{
	while (words->nr_forwards)
		close(words->forwards[--words->nr_forwards].fd);
}
