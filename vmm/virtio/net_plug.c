/*
 * --net BACKEND[=ARG][,mac=ADDRESS][,mtu=N]: a card and what is at the other end
 * of its cable. What is not for the card is the back end's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plug.h"
#include "util/log.h"
#include "util/text.h"
#include "virtio/net_card.h"

#define MTU_MIN	  68 /* RFC 791, "Total Length" */
#define ADDRESS	  17 /* characters of 52:54:00:12:34:56 */
#define MULTICAST 0x01
#define OURS	  0x52 /* locally administered */

/* FNV-1a */
#define HASH_BEGIN 2166136261u
#define HASH_TIMES 16777619u

TABLE_DECLARE(net, net);

static const struct net *find_net(const char *name)
{
	const struct net *const *row;

	TABLE_FOREACH(net, row)
		if (!strcmp((*row)->name, name))
			return *row;
	return NULL;
}

static bool parse_byte(const char *text, uint8_t *byte)
{
	char digits[3] = { text[0], text[1] };
	char *end;

	*byte = strtoul(digits, &end, 16);
	return text[0] != '-' && text[0] != '+' && text[0] != ' ' &&
	       end == digits + 2;
}

/* Six bytes with colons, of one card: no multicast, not zero. */
static bool parse_mac(const char *text, struct net_card *card)
{
	bool zero = true;

	if (strlen(text) != ADDRESS)
		return false;
	for (unsigned int i = 0; i < NET_MAC_LEN; i++, text += 3) {
		if (!parse_byte(text, &card->mac[i]) ||
		    (i < NET_MAC_LEN - 1 && text[2] != ':'))
			return false;
		zero &= !card->mac[i];
	}
	card->has_mac = true;
	return !zero && !(card->mac[0] & MULTICAST);
}

static bool parse_mtu(const char *text, struct net_card *card)
{
	unsigned long mtu;
	char *end;

	mtu = strtoul(text, &end, 10);
	card->mtu = mtu;
	return *text >= '0' && *text <= '9' && !*end && mtu >= MTU_MIN &&
	       mtu <= NET_MTU_MAX;
}

/* Whether @word is the card's; -EINVAL after one message if it is wrong. */
static int take_word(const char *word, struct net_card *card)
{
	if (!strncmp(word, "mac=", 4) && !parse_mac(word + 4, card)) {
		log_error("--net: %s: give an address such as "
			  "52:54:00:12:34:56, not one of a group",
			  word);
		return -EINVAL;
	}
	if (!strncmp(word, "mtu=", 4) && !parse_mtu(word + 4, card)) {
		log_error("--net: %s: give bytes, %u to %u", word, MTU_MIN,
			  NET_MTU_MAX);
		return -EINVAL;
	}
	return !strncmp(word, "mac=", 4) || !strncmp(word, "mtu=", 4);
}

/* Splits @text, NAME[=ARG], into both, and takes out of ARG what is the card's:
 * 0 or -EINVAL. ARG becomes NULL where nothing is left. */
static int split(char *text, char **arg, struct net_card *card)
{
	char *rest = text + strcspn(text, "=,");
	size_t len;
	char *to;

	*arg = *rest ? rest + 1 : NULL;
	if (!*rest)
		return 0;
	*rest = '\0';
	to = rest = *arg;
	while (rest) {
		char *word = strsep(&rest, ",");
		int mine = take_word(word, card);

		if (mine < 0)
			return mine;
		if (mine)
			continue;
		if (to != *arg)
			*to++ = ',';
		len = strlen(word);
		memmove(to, word, len);
		to += len;
	}
	*to = '\0';
	if (to == *arg)
		*arg = NULL;
	return 0;
}

static uint32_t hash_on(uint32_t hash, const void *data, size_t len)
{
	for (const uint8_t *byte = data; len--; byte++)
		hash = (hash ^ *byte) * HASH_TIMES;
	return hash;
}

void net_mac_of_copy(uint8_t *mac, unsigned int copy)
{
	uint32_t hash = hash_on(HASH_BEGIN, mac, NET_MAC_LEN);

	hash = hash_on(hash, &copy, sizeof(copy));
	mac[0] = OURS;
	memcpy(&mac[1], &hash, 3);
}

/* An address that stays the same from run to run, and is no other's: by what the
 * option says, the guest's number (card_init()), and which of its cards this is. */
static void make_mac(struct plan *plan, const char *arg, struct net_card *card)
{
	static const struct plan *last;
	static uint8_t nr;
	const uint32_t hash = hash_on(HASH_BEGIN, arg, strlen(arg));

	nr = plan == last ? nr + 1 : 0;
	last = plan;
	if (card->has_mac)
		return;
	card->mac[0] = OURS;
	memcpy(&card->mac[1], &hash, 3);
	card->mac[NET_MAC_LEN - 1] = nr;
}

static int unknown(const char *name)
{
	const struct net *const *row;
	char names[64];
	struct text text;

	text_init(&text, names, sizeof(names));
	TABLE_FOREACH(net, row)
		text_add(&text, " %s", (*row)->name);
	log_error("--net: %s: give one of those that were built in:%s", name,
		  names);
	return -EINVAL;
}

/* For a copy, what it can have beside the guest that it is one of. */
static struct net_end *open_end(struct plan *plan, const struct net *net,
				const char *arg)
{
	if (!plan_copy(plan))
		return net->open(arg);
	if (net->open_copy)
		return net->open_copy(arg);
	log_info("--net %s: the cable is the other guest's, this one has none",
		 net->name);
	return net_unplugged();
}

static int add_card(struct plan *plan, const struct net *net, const char *arg,
		    const char *option, struct net_card *card)
{
	int err;

	card->end = open_end(plan, net, arg);
	if (!card->end)
		return -EINVAL;
	make_mac(plan, option, card);
	if (!card->mtu && card->end->mtu != NET_MTU)
		card->mtu = card->end->mtu;
	err = virtio_add(plan, &net_card, card, sizeof(*card));
	if (err)
		card->end->net->close(card->end);
	return err;
}

static int net_plug(struct plan *plan, const char *option)
{
	struct net_card card = { .mtu = 0 };
	char *text = strdup(option);
	const struct net *net;
	char *arg;
	int err;

	if (!text)
		return -ENOMEM;
	err = split(text, &arg, &card);
	net = find_net(text);
	if (!err)
		err = net ? add_card(plan, net, arg, option, &card) :
			    unknown(text);
	free(text);
	return err;
}

static const struct plug plug = {
	.option = "--net",
	.arg = "BACKEND",
	.what = "network card, virtio-net, and what it leads to",
	.is_of_host = true,
	.plug = net_plug,
};

PLUG(plug);
