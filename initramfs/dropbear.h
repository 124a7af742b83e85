/*
 * What Dropbear is built with, over its default_options.h: an SSH server and
 * client that OpenSSH of the last ten years talks to, and no more. One pair of
 * algorithms each.
 */
#define DROPBEAR_SMALL_CODE    1
#define DROPBEAR_DELAY_HOSTKEY 1 /* -R: the host key is made at first use */

/* Keys */
#define DROPBEAR_ED25519  1
#define DROPBEAR_RSA	  1 /* for keys of users */
#define DROPBEAR_RSA_SHA1 0
#define DROPBEAR_ECDSA	  0
#define DROPBEAR_SK_KEYS  0

/* A user without a password comes in where -B says so, any with a public key, and
 * nobody with a password: musl, as Debian builds it, has no crypt(). */
#define DROPBEAR_SVR_PASSWORD_AUTH 1
#define HAVE_CRYPT		   1
static inline char *crypt(const char *key, const char *salt)
{
	(void)key;
	(void)salt;
	return (char *)0;
}

/* Key exchange */
#define DROPBEAR_CURVE25519	   1
#define DROPBEAR_ECDH		   0
#define DROPBEAR_DH_GROUP14_SHA1   0
#define DROPBEAR_DH_GROUP14_SHA256 0
#define DROPBEAR_DH_GROUP16	   0
#define DROPBEAR_DH_GROUP1	   0

/* Ciphers and sums */
#define DROPBEAR_CHACHA20POLY1305 1
#define DROPBEAR_AES256		  1
#define DROPBEAR_AES128		  0
#define DROPBEAR_SHA1_HMAC	  0
#define DROPBEAR_SHA2_256_HMAC	  1

/* What nobody is to meet here */
#define INETD_MODE	      0
#define DROPBEAR_REEXEC	      0 /* it needs a path of itself */
#define DROPBEAR_SVR_AGENTFWD 0
#define DROPBEAR_CLI_AGENTFWD 0
#define DROPBEAR_SFTPSERVER   0
#define DO_MOTD		      0

/* Windows as large as a fast network wants them, in bytes */
#define DEFAULT_RECV_WINDOW 131072

/* Where things are in our guest */
#define DROPBEAR_PIDFILE	  "/tmp/dropbear.pid"
#define DROPBEAR_PATH_SSH_PROGRAM "/bin/ssh"
#define DEFAULT_PATH		  "/bin"
#define DEFAULT_ROOT_PATH	  "/sbin:/bin"
