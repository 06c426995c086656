/* packer: the gzip form of contents, for hosts that take bodies so (HOST_BODY_GZIP). Each distinct content is
 * compressed once for all places, on the workers, and never again while the index knows its digest; the bytes wait
 * in the spool until they are sent. What the compressor is, is part of what names a content: its id is in `compressor`.
 *
 * Contents rendered from a secret are packed in memory only, and wiped. All calls come on the loop thread. */
#ifndef SLIPWAY_HOST_PACKER_H
#define SLIPWAY_HOST_PACKER_H

#include "net/loop.h"
#include "release/blob.h"
#include "release/tree.h"

struct packed {
	uint8_t sha256[SHA256_SIZE];    /* of the gzip stream */
	uint64_t size;                  /* of the gzip stream */
};

struct packed_body {                    /* bytes to be sent */
	int fd;                         /* or -1: data */
	const void *data;
	uint64_t size;
	void *hold;                     /* the packer's */
};

struct packer {
	const char *compressor;         /* "libdeflate-1-14-6": lower case, digits, dashes */
	/* Ends op when the gzip form of all these entries is known. FAIL_BUILD: a file is not what was hashed. Any number
	 * of ops may wait at once; entries are borrowed until done. */
	void (*pack)(struct packer *p, const struct entry *entries, size_t count, struct op *op);
	/* NULL until packed. */
	const struct packed *(*find)(const struct packer *p, const struct blob *b);
	/* The bytes of what was packed; compressed again when the spool has lost them (FAIL_BUILD when they are not the
	 * same any more). out is valid until close. */
	void (*open)(struct packer *p, const struct blob *b, struct packed_body *out, struct op *op);
	void (*close)(struct packer *p, struct packed_body *body);
};

#endif
