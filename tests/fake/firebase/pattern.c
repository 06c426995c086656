#include "pattern.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

/* A class: POSIX knows no escapes inside. Returns where it ends. */
static const char *add_class(struct strbuf *out, const char *p)
{
	bool hyphen = false;

	strbuf_addch(out, *p++);
	if (*p == '^')
		strbuf_addch(out, *p++);
	for (const char *first = p; *p && (*p != ']' || p == first); p++) {
		if (*p == '\\' && p[1]) {
			p++;
			if (*p == 'd')
				strbuf_addstr(out, "0-9");
			else if (*p == 'w')
				strbuf_addstr(out, "0-9A-Za-z_");
			else if (*p == 's')
				strbuf_addstr(out, " \t\n\r\f");
			else if (*p == '-')
				hyphen = true;
			else
				strbuf_addch(out, *p);
		} else {
			strbuf_addch(out, *p);
		}
	}
	if (hyphen)
		strbuf_addch(out, '-');                 /* literal only at the end */
	return p;
}

static void add_escape(struct strbuf *out, char c)
{
	if (c == 'd')
		strbuf_addstr(out, "[0-9]");
	else if (c == 'w')
		strbuf_addstr(out, "[0-9A-Za-z_]");
	else if (c == 's')
		strbuf_addstr(out, "[ \t\n\r\f]");
	else if (strchr("\\^$.|?*+()[]{}", c))
		strbuf_addf(out, "\\%c", c);
	else
		strbuf_addch(out, c);
}

static bool translate(struct strbuf *out, struct pattern *p, const char *re2)
{
	int group = 0;

	for (; *re2; re2++) {
		if (*re2 == '\\') {
			if (!*++re2 || strchr("bBAzpPQExC", *re2))
				return false;
			add_escape(out, *re2);
		} else if (*re2 == '[') {
			re2 = add_class(out, re2);
			if (!*re2)
				return false;
			strbuf_addch(out, ']');
		} else if (*re2 == '(') {
			size_t name;
			strbuf_addch(out, '(');
			if (++group >= PATTERN_GROUPS)
				return false;
			if (strncmp(re2, "(?:", 3) == 0) {
				re2 += 2;
			} else if (strncmp(re2, "(?P<", 4) == 0 && re2[4 + (name = strcspn(re2 + 4, ">"))]) {
				p->names[group] = xstrndup(re2 + 4, name);
				re2 += 4 + name;
			} else if (re2[1] == '?') {
				return false;
			}
		} else {
			strbuf_addch(out, *re2);
		}
	}
	return true;
}

static void free_names(struct pattern *p)
{
	for (int i = 0; i < PATTERN_GROUPS; i++) {
		free(p->names[i]);
		p->names[i] = NULL;
	}
}

bool pattern_init(struct pattern *p, const char *re2)
{
	struct strbuf ere = STRBUF_MAX(64 * 1024);

	*p = (struct pattern){ 0 };
	bool good = translate(&ere, p, re2) && !strbuf_failed(&ere) && regcomp(&p->regex, ere.buf, REG_EXTENDED) == 0;
	if (!good)
		free_names(p);
	strbuf_clear(&ere);
	return good;
}

void pattern_clear(struct pattern *p)
{
	regfree(&p->regex);
	free_names(p);
}

bool pattern_find(const struct pattern *p, const char *text, regmatch_t groups[PATTERN_GROUPS])
{
	return regexec(&p->regex, text, PATTERN_GROUPS, groups, 0) == 0;
}
