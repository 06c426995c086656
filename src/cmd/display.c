#include "cmd/display.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/format.h"
#include "cmd/term.h"

#define NAME_MAX_WIDTH 24
#define BAR_MAX_WIDTH 24
#define NS_PER_S 1000000000

/* A line that never grows past its room: a piece that does not fit is left out whole. */
struct line {
	struct strbuf *out;
	size_t width, room;
	bool color;
};

static bool line_add(struct line *l, enum style style, const char *text)
{
	size_t width = utf8_width(text, strlen(text));
	if (l->width + width > l->room)
		return false;
	style_text(l->out, l->color, style, text);
	l->width += width;
	return true;
}

static void line_pad(struct line *l, size_t to)
{
	for (; l->width < to && l->width < l->room; l->width++)
		strbuf_addch(l->out, ' ');
}

static void line_name(struct line *l, const char *name, size_t width, bool utf8)
{
	struct strbuf text = STRBUF_INIT;
	format_name(&text, name);
	format_cut(&text, width, utf8);
	size_t to = l->width + width;
	line_add(l, STYLE_STRONG, text.buf);
	line_pad(l, to);
	strbuf_clear(&text);
}

size_t display_name_width(const struct display_row *rows, size_t count)
{
	size_t width = 0;
	struct strbuf text = STRBUF_INIT;
	for (size_t i = 0; i < count; i++) {
		strbuf_setlen(&text, 0);
		format_name(&text, rows[i].row->place);
		size_t w = utf8_width(text.buf, text.len);
		width = w > width ? w : width;
	}
	strbuf_clear(&text);
	return width < NAME_MAX_WIDTH ? width : NAME_MAX_WIDTH;
}

static void line_bar(struct line *l, size_t width, uint64_t done, uint64_t total, bool utf8)
{
	struct strbuf full = STRBUF_INIT, rest = STRBUF_INIT;
	size_t filled = total == 0 ? 0 : (size_t)((double)width * (double)(done < total ? done : total) / (double)total);
	for (size_t i = 0; i < width; i++) {
		if (i < filled)
			strbuf_addstr(&full, utf8 ? "\xe2\x94\x81" : "#");
		else
			strbuf_addstr(&rest, utf8 ? "\xe2\x94\x80" : "-");
	}
	line_add(l, STYLE_GOOD, full.buf);
	line_add(l, STYLE_DIM, rest.buf);
	strbuf_clear(&full);
	strbuf_clear(&rest);
}

static bool is_active(const struct row *r)
{
	return r->result == RESULT_NONE && r->phase != PHASE_WAIT && r->phase != PHASE_DONE;
}

static bool is_done(const struct row *r)
{
	return r->result != RESULT_NONE || r->phase == PHASE_DONE;
}

/* Adds a column of at least `width`, its text to the right; the text is empty afterwards. */
static void line_column(struct line *l, enum style style, struct strbuf *text, size_t width)
{
	struct strbuf column = STRBUF_INIT;
	strbuf_addstr(&column, "  ");
	for (size_t have = utf8_width(text->buf, text->len); have < width; have++)
		strbuf_addch(&column, ' ');
	strbuf_add(&column, text->buf, text->len);
	line_add(l, style, column.buf);
	strbuf_clear(&column);
	strbuf_setlen(text, 0);
}

/* "  512/1,088 files    34.1 MiB    12.0 MiB/s", as much of it as fits. */
static void line_counts(struct line *l, const struct display *d, const struct display_row *v)
{
	const struct row *r = v->row;
	uint64_t files = atomic_load_explicit(&r->progress_files, memory_order_relaxed);
	uint64_t bytes = atomic_load_explicit(&r->progress_bytes, memory_order_relaxed);
	int64_t ns = d->now_ns - v->since_ns;
	struct strbuf text = STRBUF_INIT, total = STRBUF_INIT;

	format_count(&total, r->total_files);
	if (r->total_files > 0 || files > 0) {
		format_count(&text, files);
		if (r->total_files > 0)
			strbuf_addf(&text, "/%s", total.buf);
		strbuf_addstr(&text, " files");
		line_column(l, STYLE_NONE, &text, r->total_files > 0 ? 2 * total.len + 7 : 0);
	}
	if (bytes > 0) {
		format_bytes(&text, bytes);
		line_column(l, STYLE_NONE, &text, 10);
	}
	if (bytes > 0 && ns > NS_PER_S / 2) {
		format_bytes(&text, (uint64_t)((double)bytes * NS_PER_S / (double)ns));
		strbuf_addstr(&text, "/s");
		line_column(l, STYLE_DIM, &text, 12);
	} else if (files == 0 && ns >= NS_PER_S) {
		format_seconds(&text, ns);
		line_column(l, STYLE_DIM, &text, 0);
	}
	strbuf_clear(&text);
	strbuf_clear(&total);
}

static void frame_row(struct strbuf *out, const struct display *d, const struct display_row *v, size_t name_width)
{
	const struct row *r = v->row;
	struct line l = { .out = out, .room = d->columns - 1, .color = d->color };
	bool bytes = r->total_bytes > 0;
	uint64_t total = bytes ? r->total_bytes : r->total_files;
	uint64_t done = atomic_load_explicit(bytes ? &r->progress_bytes : &r->progress_files, memory_order_relaxed);

	line_add(&l, STYLE_NONE, "  ");
	line_name(&l, r->place, name_width, d->utf8);
	line_add(&l, STYLE_NONE, "  ");
	size_t column = l.width + 6;
	line_add(&l, STYLE_NAME, phase_name(r->phase));
	line_pad(&l, column);
	size_t spare = d->columns > l.width + 48 ? d->columns - l.width - 48 : 0;
	if (total > 0 && spare >= 8) {
		line_add(&l, STYLE_NONE, "  ");
		line_bar(&l, spare < BAR_MAX_WIDTH ? spare : BAR_MAX_WIDTH, done, total, d->utf8);
	}
	line_counts(&l, d, v);
	strbuf_addch(out, '\n');
}

struct sums {
	size_t done, failed, active;
	uint64_t bytes, left;
};

static struct sums sum_rows(const struct display *d)
{
	struct sums s = { 0 };
	for (size_t i = 0; i < d->count; i++) {
		const struct row *r = d->rows[i].row;
		uint64_t running = atomic_load_explicit(&r->progress_bytes, memory_order_relaxed);
		s.done += is_done(r);
		s.active += is_active(r);
		s.failed += r->result == RESULT_FAILED || r->result == RESULT_UNKNOWN || r->result == RESULT_PENDING;
		s.bytes += r->phase == PHASE_STAGE && r->result == RESULT_NONE ? running : r->sent_bytes;
		if (r->phase == PHASE_STAGE && r->result == RESULT_NONE && r->total_bytes > running)
			s.left += r->total_bytes - running;
	}
	return s;
}

static void line_part(struct line *l, bool utf8, enum style style, struct strbuf *text)
{
	if (l->width + utf8_width(text->buf, text->len) + 3 <= l->room) {
		line_add(l, STYLE_DIM, utf8 ? " \xc2\xb7 " : ", ");
		line_add(l, style, text->buf);
	}
	strbuf_setlen(text, 0);
}

static const char *spinner(const struct display *d)
{
	static const char *const round[] = { "\xe2\xa0\x8b", "\xe2\xa0\x99", "\xe2\xa0\xb9", "\xe2\xa0\xb8",
	                                     "\xe2\xa0\xbc", "\xe2\xa0\xb4", "\xe2\xa0\xa6", "\xe2\xa0\xa7",
	                                     "\xe2\xa0\x87", "\xe2\xa0\x8f" };
	static const char *const plain[] = { "|", "/", "-", "\\" };
	return d->utf8 ? round[d->frame % 10] : plain[d->frame % 4];
}

void display_total(struct strbuf *out, const struct display *d)
{
	struct sums s = sum_rows(d);
	struct line l = { .out = out, .room = d->columns - 1, .color = d->color };
	struct strbuf text = STRBUF_INIT;
	int64_t ns = d->now_ns - d->started_ns;
	double rate = ns > 0 ? (double)s.bytes * NS_PER_S / (double)ns : 0;

	line_add(&l, STYLE_NAME, spinner(d));
	line_add(&l, STYLE_NONE, " ");
	if (d->count == 0) {
		strbuf_addstr(&text, d->activity ? d->activity : "reading");
		format_cut(&text, l.room - l.width, d->utf8);
		line_add(&l, STYLE_NONE, text.buf);
		strbuf_setlen(&text, 0);
	} else {
		strbuf_addf(&text, "%zu/%zu done", s.done, d->count);
		line_add(&l, STYLE_STRONG, text.buf);
		strbuf_setlen(&text, 0);
	}
	if (s.failed > 0) {
		strbuf_addf(&text, "%zu failed", s.failed);
		line_part(&l, d->utf8, STYLE_BAD, &text);
	}
	if (s.bytes > 0) {
		format_bytes(&text, s.bytes);
		strbuf_addstr(&text, " sent");
		line_part(&l, d->utf8, STYLE_NONE, &text);
		format_bytes(&text, (uint64_t)rate);
		strbuf_addstr(&text, "/s");
		line_part(&l, d->utf8, STYLE_NONE, &text);
	}
	format_seconds(&text, ns);
	line_part(&l, d->utf8, STYLE_DIM, &text);
	if (s.left > 0 && rate > 0 && ns > NS_PER_S) {
		format_left(&text, (int64_t)((double)s.left / rate) + 1);
		strbuf_addstr(&text, " left");
		line_part(&l, d->utf8, STYLE_NONE, &text);
	}
	strbuf_addch(out, '\n');
	strbuf_clear(&text);
}

/* Places that move come before those that wait for their turn; then the longest-running; then by name (the order
 * of rows). */
static int by_interest(const void *a, const void *b)
{
	const struct display_row *x = *(const struct display_row *const *)a, *y = *(const struct display_row *const *)b;
	bool x_moves = atomic_load_explicit(&x->row->progress_files, memory_order_relaxed) > 0;
	bool y_moves = atomic_load_explicit(&y->row->progress_files, memory_order_relaxed) > 0;
	if (x_moves != y_moves)
		return x_moves ? -1 : 1;
	if (x->since_ns / NS_PER_S != y->since_ns / NS_PER_S)
		return x->since_ns < y->since_ns ? -1 : 1;
	return x < y ? -1 : x > y;
}

size_t display_frame(struct strbuf *out, const struct display *d)
{
	const struct display_row **active = xmalloc((d->count + 1) * sizeof(*active));
	size_t count = 0, room = d->lines > 3 ? d->lines - 3 : 0, shown;
	for (size_t i = 0; i < d->count; i++)
		if (is_active(d->rows[i].row))
			active[count++] = &d->rows[i];
	shown = count;
	if (count > room) {
		qsort(active, count, sizeof(const struct display_row *), by_interest);
		shown = room > 0 ? room - 1 : 0;
	}
	size_t name_width = display_name_width(d->rows, d->count), lines = shown + 1;
	for (size_t i = 0; i < shown; i++)
		frame_row(out, d, active[i], name_width);
	if (shown < count && room > 0) {
		struct strbuf text = STRBUF_INIT;
		struct line l = { .out = out, .room = d->columns - 1, .color = d->color };
		strbuf_addf(&text, "  +%zu more", count - shown);
		line_add(&l, STYLE_DIM, text.buf);
		strbuf_addch(out, '\n');
		strbuf_clear(&text);
		lines++;
	}
	display_total(out, d);
	free(active);
	return lines;
}

enum style result_style(enum result r)
{
	switch (r) {
	case RESULT_DEPLOYED:
		return STYLE_GOOD;
	case RESULT_UNCHANGED:
	case RESULT_NONE:
		return STYLE_NONE;
	case RESULT_FAILED:
	case RESULT_UNKNOWN:
	case RESULT_ROLLED_BACK:
	case RESULT_INTERRUPTED:
		return STYLE_BAD;
	case RESULT_PENDING:
	case RESULT_SKIPPED:
	case RESULT_HELD:
		break;
	}
	return STYLE_WARN;
}

static const char *result_mark(enum result r, bool utf8)
{
	switch (result_style(r)) {
	case STYLE_GOOD:
		return utf8 ? "\xe2\x9c\x93" : "+";
	case STYLE_BAD:
		return utf8 ? "\xe2\x9c\x97" : "x";
	case STYLE_WARN:
		return "!";
	default:
		return utf8 ? "\xc2\xb7" : ".";
	}
}

/* "1 file, 5.0 KiB", the failure's sentence, or why it is held. */
static void result_detail(struct strbuf *text, const struct row *row)
{
	if (row->fail.kind != FAIL_NONE) {
		if (row->fail.stage[0])
			strbuf_addf(text, "%s: ", row->fail.stage);
		strbuf_addstr(text, row->fail.text);
	} else if (row->held) {
		format_name(text, row->held);
	} else if (row->sent_files > 0) {
		format_plural(text, row->sent_files, "file", "files");
		strbuf_addstr(text, ", ");
		format_bytes(text, row->sent_bytes);
	} else if (row->result == RESULT_DEPLOYED && row->live) {
		format_name(text, row->live);
	}
}

void display_result(struct strbuf *out, const struct row *row, size_t name_width, bool utf8, bool color,
                    unsigned columns)
{
	struct line l = { .out = out, .room = columns > 0 ? columns - 1 : 4096, .color = color };
	struct strbuf text = STRBUF_INIT;
	line_add(&l, result_style(row->result), result_mark(row->result, utf8));
	line_add(&l, STYLE_NONE, " ");
	line_name(&l, row->place, name_width, utf8);
	line_add(&l, STYLE_NONE, "  ");
	size_t column = l.width + 11;
	line_add(&l, result_style(row->result), result_name(row->result));
	result_detail(&text, row);
	if (text.len > 0) {
		line_pad(&l, column);
		line_add(&l, STYLE_NONE, "  ");
		format_cut(&text, l.room - l.width, utf8);
		line_add(&l, STYLE_NONE, text.buf);
	}
	if (row->ended_ns > row->started_ns && row->started_ns > 0) {
		strbuf_setlen(&text, 0);
		strbuf_addstr(&text, "  ");
		format_seconds(&text, row->ended_ns - row->started_ns);
		line_add(&l, STYLE_DIM, text.buf);
	}
	strbuf_clear(&text);
}
