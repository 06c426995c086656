#include "fields.h"

#include <string.h>

/* A selection as a tree. A node without children selects everything below it. */
struct node {
	const char *name;                   /* "*": any */
	struct node *children, *next;
};

struct reader {
	struct arena *mem;
	const char *at;
	bool broken;
};

static struct node *read_list(struct reader *r);

/* name[/name...][(list)] */
static struct node *read_item(struct reader *r)
{
	size_t len = strcspn(r->at, ",/()");
	struct node *n = arena_alloc(r->mem, sizeof *n);

	n->name = arena_strndup(r->mem, r->at, len);
	r->at += len;
	r->broken |= !len;
	if (r->broken)
		return n;
	if (*r->at == '/') {
		r->at++;
		n->children = read_item(r);
	} else if (*r->at == '(') {
		r->at++;
		n->children = read_list(r);
		r->broken |= *r->at != ')';
		r->at += !r->broken;
	}
	return n;
}

static struct node *read_list(struct reader *r)
{
	struct node *first = read_item(r), *last = first;

	while (!r->broken && *r->at == ',') {
		r->at++;
		last = last->next = read_item(r);
	}
	return first;
}

static void select_into(struct jw *w, const struct node *nodes, const json *v)
{
	if (!nodes || (json_type(v) != JSON_OBJECT && json_type(v) != JSON_ARRAY)) {
		jw_json(w, v);
		return;
	}
	if (json_type(v) == JSON_ARRAY) {
		jw_array(w);
		for (const json *one = json_first(v); one; one = json_next(one))
			select_into(w, nodes, one);
	} else {
		jw_object(w);
		for (const json *one = json_first(v); one; one = json_next(one)) {
			const struct node *n = nodes;
			while (n && strcmp(n->name, "*") != 0 && strcmp(n->name, json_key(one)) != 0)
				n = n->next;
			if (!n)
				continue;
			jw_key(w, json_key(one));
			select_into(w, n->children, one);
		}
	}
	jw_end(w);
}

int fields_apply(struct call *c, const char *selection)
{
	struct reader r = { .mem = c->mem, .at = selection };
	struct node *nodes = read_list(&r);
	struct strbuf out = STRBUF_INIT;
	struct json_doc *doc;
	struct fail f;
	struct jw w;

	if (r.broken || *r.at)
		return refuse(c, INVALID_ARGUMENT, "Invalid field selection %s", selection);
	if (json_parse(&doc, "answer", c->out.buf, c->out.len, 0, &f) < 0)
		return refuse(c, INTERNAL, "%s", f.text);
	jw_init(&w, &out, 0);
	select_into(&w, nodes, json_root(doc));
	json_doc_free(doc);
	strbuf_setlen(&c->out, 0);
	strbuf_add(&c->out, out.buf, out.len);
	strbuf_clear(&out);
	return 0;
}
