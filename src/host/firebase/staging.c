#include "host/firebase/staging.h"

#include <stdlib.h>
#include <string.h>

#define UPLOADS "https://upload-firebasehosting.googleapis.com"

void staging_drop(struct place *p)
{
	struct staging *st = p->staging;

	if (!st)
		return;
	strmap_clear(&st->required);
	arena_clear(&st->mem);
	free(st);
	p->staging = NULL;
}

void fan_one_done(struct fan *fan, int rc, const struct fail *f)
{
	if (rc < 0 && fan->rc == 0) {
		fan->rc = -1;
		fan->op->fail = *f;
	}
	if (--fan->pending == 0)
		fan->over(fan);
}

/* Contents, and the token, go to the upload host of the API that is spoken to, and to no other. */
static int allow_uploads(const struct staging *st, const struct place *p, struct fail *f)
{
	const struct session *s = p->session;
	struct strbuf origin = STRBUF_INIT;
	int rc = 0;

	if (!http_split(st->upload_url, &origin, NULL))
		rc = fail_set(f, FAIL_REMOTE, "the service named no usable upload URL");
	else if (strcmp(origin.buf, UPLOADS) != 0 && strcmp(origin.buf, s->api) != 0 &&
		 !(s->local && http_is_loopback(origin.buf)))
		rc = fail_set(f, FAIL_REMOTE, "contents were to be sent to %s, which is not the service's upload host",
			      origin.buf);
	else
		rc = http_peer_allow(s->peer, origin.buf, f);
	strbuf_clear(&origin);
	return rc;
}

int staging_required(struct staging *st, const struct place *p, const json *answer, struct fail *f)
{
	const json *hashes = json_get(answer, "uploadRequiredHashes");
	const char *url = json_string(json_get(answer, "uploadUrl"));

	if (json_count(hashes) == 0)
		return 0;
	if (!url)
		return fail_set(f, FAIL_REMOTE, "the service asks for contents and does not say where to send them");
	if (!st->upload_url || strcmp(st->upload_url, url) != 0) {
		st->upload_url = arena_strdup(&st->mem, url);
		if (allow_uploads(st, p, f) < 0)
			return -1;
	}
	for (const json *h = json_first(hashes); h; h = json_next(h)) {
		uint8_t raw[SHA256_SIZE];
		const char *hex = json_string(h);
		if (!hex || strlen(hex) != SHA256_HEX - 1 || !hex_decode(raw, hex, SHA256_SIZE))
			return fail_set(f, FAIL_REMOTE, "the service asks for a content by no digest of ours");
		strmap_set(&st->required, arena_strdup(&st->mem, hex), st);
	}
	return 0;
}

void staging_missing(const struct staging *st, const struct place *p, struct missing *out, struct arena *mem)
{
	const struct tree *want = st->rq.want;
	const struct packer *packer = p->session->packer;
	struct strmap seen = STRMAP_INIT;
	char hex[SHA256_HEX];

	*out = (struct missing){ .entries = arena_alloc(mem, (want->count + 1) * sizeof *out->entries) };
	for (size_t i = 0; i < want->count; i++) {
		const struct packed *packed = packer->find(packer, want->entries[i].blob);
		if (!packed)
			continue;
		hex_encode(hex, packed->sha256, SHA256_SIZE);
		if (!strmap_get(&st->required, hex))
			continue;
		if (strmap_set(&seen, arena_strdup(mem, hex), out))
			continue;
		out->entries[out->count++] = i;
		out->bytes += want->entries[i].blob->size;
	}
	strmap_clear(&seen);
}

void staging_files(struct strbuf *body, const struct place *p, const struct entry *entries, size_t count)
{
	const struct packer *packer = p->session->packer;
	struct strbuf path = STRBUF_INIT;
	char hex[SHA256_HEX];
	struct jw w;

	jw_init(&w, body, 0);
	jw_object(&w);
	jw_key(&w, "files");
	jw_object(&w);
	for (size_t i = 0; i < count; i++) {
		const struct packed *packed = packer->find(packer, entries[i].blob);
		if (!packed)
			continue;
		strbuf_setlen(&path, 0);
		strbuf_addf(&path, "/%s", entries[i].path);
		hex_encode(hex, packed->sha256, SHA256_SIZE);
		jw_kstr(&w, path.buf, hex);
	}
	jw_end(&w);
	jw_end(&w);
	strbuf_clear(&path);
}

/* Labels hold lower-case letters, digits, dashes and underscores, 63 at most. */
static void label(struct jw *w, const char *key, const char *value)
{
	char text[64];
	size_t n = 0;

	for (; value && value[n] && n < sizeof text - 1; n++) {
		char c = value[n];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		text[n] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ? c : '-';
	}
	text[n] = '\0';
	if (n)
		jw_kstr(w, key, text);
}

void staging_labels(struct strbuf *body, const struct place *p, const struct staging *st)
{
	const struct release_header *h = st->rq.header;
	struct strbuf labels = STRBUF_INIT;
	char tree[SHA256_HEX];
	struct jw w;

	hex_encode(tree, h->tree, SHA256_SIZE / 2);
	jw_init(&w, &labels, 0);
	jw_object(&w);
	label(&w, "slipway-release", st->rq.id);
	label(&w, "slipway-tree", tree);
	label(&w, "slipway-parent", h->parent);
	label(&w, "slipway-commit", h->commit);
	label(&w, "slipway-gz", p->session->packer->compressor);
	jw_end(&w);
	strbuf_addf(body, "\"labels\":%s", labels.buf);
	if (strcmp(p->config, "{}") != 0)
		strbuf_addf(body, ",\"config\":%s", p->config);
	strbuf_clear(&labels);
}
