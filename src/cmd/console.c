#include "cmd/console.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd/events.h"
#include "cmd/format.h"

#define FRAME_NS 80000000               /* 12.5 pictures a second */
#define HEARTBEAT_NS 30000000000        /* a plain log says something at least this often */
#define ANSWER_MAX 512

static struct console *console_of(struct reporter *r)
{
	return (struct console *)(void *)r;
}

/* One write, redacted; stderr that cannot be written is nobody's business any more. */
static void put(struct console *c, struct strbuf *text)
{
	if (c->secrets)
		secrets_redact(c->secrets, text);
	(void)!file_write_all(c->term.fd, text->buf, text->len);
}

/* How many lines of the screen the old picture takes: a terminal that became narrower has wrapped them. */
static size_t lines_taken(const struct console *c)
{
	size_t lines = 0;
	for (const char *line = c->picture.buf; *line; line++) {
		const char *end = line + strcspn(line, "\n");
		size_t width = style_width(line, (size_t)(end - line));
		lines += width > c->term.columns ? (width + c->term.columns - 1) / c->term.columns : 1;
		line = end;
	}
	return lines;
}

/* To the picture's first line. */
static void go_up(struct console *c, struct strbuf *out)
{
	size_t lines = lines_taken(c);
	if (lines >= c->term.lines)
		lines = c->term.lines - 1;
	if (lines > 0)
		strbuf_addf(out, "\033[%zuA", lines);
	c->drawn = 0;
}

/* Never "clear from here on" in the first line: on a picture as high as the screen, some terminals take that as
 * "clear the screen" and keep the old picture in their history. */
static void erase(struct console *c, struct strbuf *out)
{
	if (c->drawn == 0)
		return;
	go_up(c, out);
	strbuf_addstr(out, "\r\033[K\n\033[J\033[A");
}

/* Whole lines over whatever stood there. */
static void overwrite(struct strbuf *out, const struct strbuf *lines)
{
	for (size_t at = 0; at < lines->len;) {
		size_t len = strcspn(lines->buf + at, "\n");
		strbuf_add(out, lines->buf + at, len);
		strbuf_addstr(out, "\033[K\n");
		at += len + 1;
	}
}

static void draw(struct console *c, struct strbuf *out)
{
	struct strbuf activity = STRBUF_INIT;
	struct display d = {
		.rows = c->rows, .count = c->count, .columns = c->term.columns, .lines = c->term.lines,
		.utf8 = c->term.utf8, .color = c->term.color, .started_ns = c->started_ns, .now_ns = clock_mono_ns(),
		.frame = c->frame,
	};
	if (c->activity && c->count == 0)
		d.activity = c->activity(c->activity_arg, &activity);
	strbuf_setlen(&c->picture, 0);
	c->drawn = display_frame(&c->picture, &d);
	overwrite(out, &c->picture);
	strbuf_addstr(out, "\033[J");
	c->drawn_ns = d.now_ns;
	strbuf_clear(&activity);
}

/* The picture again, with `above` (whole lines) scrolled in over it: erased and drawn in a single write, which
 * terminals that know synchronized output show at once. Nothing wraps meanwhile: a terminal that became narrower a
 * moment ago cuts the lines instead. */
static void redraw(struct console *c, const struct strbuf *above)
{
	struct strbuf out = STRBUF_INIT;
	term_resize(&c->term);
	strbuf_addstr(&out, "\033[?2026h\033[?7l");
	if (c->drawn > 0)
		go_up(c, &out);
	strbuf_addch(&out, '\r');
	if (above)
		overwrite(&out, above);
	draw(c, &out);
	strbuf_addstr(&out, "\033[?7h\033[?2026l");
	put(c, &out);
	strbuf_clear(&out);
}

void console_rest(struct console *c)
{
	struct strbuf out = STRBUF_INIT;
	if (c->drawn > 0) {
		term_resize(&c->term);
		erase(c, &out);
		put(c, &out);
	}
	strbuf_clear(&out);
}

/* Whole lines, above the picture if there is one. */
void console_lines(struct console *c, struct strbuf *lines)
{
	c->said_ns = clock_mono_ns();
	if (c->live && c->drawn > 0)
		redraw(c, lines);
	else
		put(c, lines);
}

static void vsay(struct console *c, enum style style, const char *lead, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));
static void vsay(struct console *c, enum style style, const char *lead, const char *fmt, va_list ap)
{
	struct strbuf line = STRBUF_INIT;
	style_begin(&line, c->term.color, style);
	strbuf_addstr(&line, lead);
	strbuf_vaddf(&line, fmt, ap);
	style_end(&line, c->term.color, style);
	strbuf_addch(&line, '\n');
	console_lines(c, &line);
	strbuf_clear(&line);
}

void console_say(struct console *c, enum style style, const char *fmt, ...)
{
	if (c->o.quiet)
		return;
	va_list ap;
	va_start(ap, fmt);
	vsay(c, style, "", fmt, ap);
	va_end(ap);
}

void console_warn(struct console *c, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsay(c, STYLE_WARN, "warning: ", fmt, ap);
	va_end(ap);
}

void console_end(struct console *c, int exit_code)
{
	struct strbuf detail = STRBUF_INIT;
	strbuf_addf(&detail, "{\"exit\":%d}", exit_code);
	console_event(c, "end", NULL, detail.buf);
	strbuf_clear(&detail);
}

void console_error(struct console *c, const struct fail *f)
{
	struct strbuf lines = STRBUF_INIT;
	style_text(&lines, c->term.color, STYLE_BAD, "slipway: ");
	if (f->stage[0])
		strbuf_addf(&lines, "%s: ", f->stage);
	strbuf_addf(&lines, "%s\n", f->text);
	if (f->hint[0])
		strbuf_addf(&lines, "  hint: %s\n", f->hint);
	console_lines(c, &lines);
	strbuf_clear(&lines);
}

static void watch_signals(struct console *c)
{
	int last = 0;
	if (!c->loop || loop_signals(c->loop, &last) < 2)
		return;
	console_rest(c);
	console_warn(c, "interrupted twice, left at once: slipway status tells what is live");
	c->o.leave(last);
}

static void on_tick(struct reporter *r)
{
	struct console *c = console_of(r);
	int64_t now = clock_mono_ns();
	watch_signals(c);
	if (c->live && now - c->drawn_ns >= FRAME_NS) {
		c->frame++;
		redraw(c, NULL);
	} else if (!c->live && c->o.progress != PROGRESS_NONE && !c->o.quiet && now - c->said_ns >= HEARTBEAT_NS) {
		struct strbuf line = STRBUF_INIT;
		struct display d = { .rows = c->rows, .count = c->count, .columns = 200, .started_ns = c->started_ns,
		                     .now_ns = now };
		display_total(&line, &d);
		console_lines(c, &line);
		strbuf_clear(&line);
	}
}

static void on_rows(struct reporter *r, struct row *const *rows, size_t count)
{
	struct console *c = console_of(r);
	free(c->rows);
	c->rows = xcalloc(count + 1, sizeof(*c->rows));
	c->count = count;
	c->started_ns = clock_mono_ns();
	for (size_t i = 0; i < count; i++)
		c->rows[i] = (struct display_row){ .row = rows[i], .since_ns = c->started_ns };
	c->name_width = display_name_width(c->rows, count);
}

static struct display_row *find_row(struct console *c, const struct row *row)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->rows[i].row == row)
			return &c->rows[i];
	return NULL;
}

/* The phases that a plain log names once for all places: those that take time or change something. */
static const char *phase_sentence(enum phase_id p)
{
	switch (p) {
	case PHASE_STAGE:
		return "staging on";
	case PHASE_SWITCH:
		return "switching";
	case PHASE_VERIFY:
		return "verifying";
	case PHASE_PRUNE:
		return "pruning old releases on";
	case PHASE_DELETE:
		return "deleting from";
	default:
		return NULL;
	}
}

static void say_phase(struct console *c, const struct row *row)
{
	size_t taking_part = 0;
	if (c->o.verbose > 0) {
		struct strbuf name = STRBUF_INIT;
		format_name(&name, row->place);
		console_say(c, STYLE_DIM, "%s: %s", name.buf, phase_name(row->phase));
		strbuf_clear(&name);
		return;
	}
	if (c->live || c->o.progress == PROGRESS_NONE || !phase_sentence(row->phase) ||
	    (c->phases_said & 1u << row->phase))
		return;
	c->phases_said |= 1u << row->phase;
	for (size_t i = 0; i < c->count; i++)
		taking_part += c->rows[i].row->result == RESULT_NONE;
	if (taking_part == 0)
		taking_part = c->count;
	console_say(c, STYLE_NONE, "%s %zu %s", phase_sentence(row->phase), taking_part,
	            taking_part == 1 ? "target" : "targets");
}

static void say_result(struct console *c, struct display_row *v)
{
	const struct row *row = v->row;
	v->printed = row->result;
	bool bad = result_style(row->result) == STYLE_BAD;
	if (c->o.quiet || !c->o.changes || c->o.progress == PROGRESS_NONE)
		return;
	if (row->result == RESULT_UNCHANGED && c->o.verbose == 0 && !bad)
		return;
	struct strbuf line = STRBUF_INIT;
	display_result(&line, row, c->name_width, c->term.utf8, c->term.color, c->live ? c->term.columns : 0);
	strbuf_addch(&line, '\n');
	console_lines(c, &line);
	strbuf_clear(&line);
}

static void on_phase(struct reporter *r, const struct row *row)
{
	struct console *c = console_of(r);
	struct display_row *v = find_row(c, row);
	struct strbuf detail = STRBUF_INIT;
	if (!v)
		return;
	bool decided = row->result != RESULT_NONE && row->result != v->printed;
	v->since_ns = clock_mono_ns();
	events_phase(&detail, row);
	console_event(c, decided ? "result" : "phase", row, detail.buf);
	strbuf_clear(&detail);
	if (decided)
		say_result(c, v);
	else if (row->result == RESULT_NONE)
		say_phase(c, row);
}

static void on_note(struct reporter *r, const struct row *row, const char *text)
{
	struct console *c = console_of(r);
	struct strbuf line = STRBUF_INIT, detail = STRBUF_INIT;
	events_note(&detail, text);
	console_event(c, "note", row, detail.buf);
	if (row) {
		format_name(&line, row->place);
		strbuf_addstr(&line, ": ");
	}
	format_name(&line, text);
	console_say(c, STYLE_NONE, "%s", line.buf);
	strbuf_clear(&line);
	strbuf_clear(&detail);
}

/* Also with -q: it is a part of the error. */
static void on_problem(struct reporter *r, const char *text)
{
	struct console *c = console_of(r);
	struct strbuf line = STRBUF_INIT, detail = STRBUF_INIT;
	events_note(&detail, text);
	console_event(c, "problem", NULL, detail.buf);
	style_text(&line, c->term.color, STYLE_BAD, "error: ");
	format_name(&line, text);
	strbuf_addch(&line, '\n');
	console_lines(c, &line);
	strbuf_clear(&line);
	strbuf_clear(&detail);
}

static int on_confirm(struct reporter *r, const char *question, const char *word, struct fail *f)
{
	return console_confirm(console_of(r), question, word, f);
}

static void on_event(struct reporter *r, const char *name, const struct row *row, const char *detail)
{
	console_event(console_of(r), name, row, detail);
}

void console_event(struct console *c, const char *name, const struct row *row, const char *detail)
{
	if (c->events_fd < 0 || c->events_error)
		return;
	struct strbuf line = STRBUF_INIT;
	events_format(&line, clock_wall_ns(), name, row, detail);
	if (c->secrets)
		secrets_redact(c->secrets, &line);
	if (file_write_all(c->events_fd, line.buf, line.len) < 0)
		c->events_error = errno;
	strbuf_clear(&line);
}

/* A line from the terminal, without its newline; false at end of input or when a signal came first. */
static bool read_answer(struct console *c, struct strbuf *out)
{
	char ch;
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	for (;;) {
		int last;
		if (c->loop && loop_signals(c->loop, &last) > 0)
			return false;
		int ready = poll(&p, 1, 100);
		if (ready < 0 && errno != EINTR)
			return false;
		if (ready <= 0)
			continue;
		ssize_t n = read(STDIN_FILENO, &ch, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		if (ch == '\n')
			return true;
		if (out->len < ANSWER_MAX)
			strbuf_addch(out, ch);
	}
}

static bool answer_is(const struct strbuf *answer, const char *word)
{
	if (word)
		return strcmp(answer->buf, word) == 0;
	return strcasecmp(answer->buf, "y") == 0 || strcasecmp(answer->buf, "yes") == 0;
}

bool console_can_ask(const struct console *c)
{
	return isatty(STDIN_FILENO) == 1 && c->term.tty;
}

int console_confirm(struct console *c, const char *question, const char *word, struct fail *f)
{
	struct strbuf text = STRBUF_INIT, answer = STRBUF_INIT;
	int rc = 0, last;

	if (c->o.yes)
		return 0;
	format_name(&text, question);
	if (!console_can_ask(c)) {
		fail_set(f, FAIL_USAGE, "%s: there is no terminal to ask on", text.buf);
		rc = fail_hint(f, "-y answers yes");
		strbuf_clear(&text);
		return rc;
	}
	console_rest(c);
	if (word)
		strbuf_addf(&text, " (type %s to go on) ", word);
	else
		strbuf_addstr(&text, " [y/N] ");
	put(c, &text);
	bool answered = read_answer(c, &answer);
	if (!answered && c->loop && loop_signals(c->loop, &last) > 0)
		rc = fail_set(f, FAIL_CANCELLED, "interrupted while asking");
	else if (!answered || !answer_is(&answer, word))
		rc = fail_set(f, FAIL_USAGE, "not confirmed: nothing was done");
	if (!answered)
		(void)!file_write_all(c->term.fd, "\n", 1);
	strbuf_clear(&text);
	strbuf_clear(&answer);
	return rc;
}

static int open_events(struct console *c, struct fail *f)
{
	if (!c->o.events)
		return 0;
	if (strcmp(c->o.events, "-") == 0)
		return fail_set(f, FAIL_USAGE, "--events needs a file: stdout belongs to the result, stderr to the talk");
	c->events_fd = open(c->o.events, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
	if (c->events_fd < 0) {
		fail_errno(f, errno, "cannot open the events file");
		f->kind = FAIL_USAGE;
		return -1;
	}
	return 0;
}

int console_open(struct console *c, const struct console_options *o, struct fail *f)
{
	*c = (struct console){
		.reporter = { .phase = on_phase, .note = on_note, .problem = on_problem, .tick = on_tick, .rows = on_rows,
		              .confirm = on_confirm, .event = on_event },
		.o = *o, .events_fd = -1, .started_ns = clock_mono_ns(), .picture = STRBUF_INIT,
	};
	c->said_ns = c->started_ns;
	c->drawn_ns = c->started_ns;
	term_probe(&c->term, STDERR_FILENO, o->color);
	const char *name = getenv("TERM");
	bool smart = c->term.tty && name && name[0] && strcmp(name, "dumb") != 0;
	c->live = smart && !o->quiet && o->progress == PROGRESS_AUTO;
	return open_events(c, f);
}

int console_close(struct console *c, struct fail *f)
{
	int rc = 0;
	console_rest(c);
	if (c->events_fd >= 0 && close(c->events_fd) < 0 && !c->events_error)
		c->events_error = errno;
	c->events_fd = -1;
	if (c->events_error) {
		rc = fail_errno(f, c->events_error, "writing the events file");
		f->kind = FAIL_LOCAL;
	}
	strbuf_clear(&c->picture);
	free(c->rows);
	c->rows = NULL;
	c->count = 0;
	return rc;
}
