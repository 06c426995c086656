/* pattern: regular expressions of the service (RE2) by way of POSIX extended ones: good for what configurations and
 * clone filters use: (?:...), (?P<name>...), \d \w \s, escapes inside classes. No lazy quantifiers, no \b, no \pL. */
#ifndef FAKE_PATTERN_H
#define FAKE_PATTERN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum { PATTERN_GROUPS = 10 };
struct pattern {
	regex_t regex;
	char *names[PATTERN_GROUPS];        /* of named groups, by number; NULL = only numbered */
};

/* False when it cannot be translated; then there is nothing to clear. */
bool pattern_init(struct pattern *p, const char *re2);
void pattern_clear(struct pattern *p);
/* Is there a match anywhere in text? groups[0] is the whole. */
bool pattern_find(const struct pattern *p, const char *text, regmatch_t groups[PATTERN_GROUPS]);

#endif
