#include "cmd/moves.h"

#include "cmd/grid.h"

static void side(struct grid *t, const char *id)
{
	if (id)
		grid_name(t, STYLE_NONE, id);
	else
		grid_add(t, STYLE_DIM, "nothing");
}

void moves_text(struct page *page, const struct place_move *moves, size_t count)
{
	static const char *const headings[] = { "", "", "", "" };
	struct grid t;
	grid_init(&t, page->mem, "llll", headings);
	for (size_t i = 0; i < count; i++) {
		grid_name(&t, STYLE_STRONG, moves[i].row->place);
		side(&t, moves[i].from);
		grid_add(&t, STYLE_NONE, page_arrow(page));
		side(&t, moves[i].to);
	}
	grid_print(&t, &page->text, page->term.color, 0);
	grid_clear(&t);
}

void moves_json(struct jw *w, const struct place_move *moves, size_t count)
{
	jw_key(w, "moves");
	jw_array(w);
	for (size_t i = 0; i < count; i++) {
		jw_object(w);
		jw_kstr(w, "place", moves[i].row->place);
		jw_kstr(w, "from", moves[i].from);
		jw_kstr(w, "to", moves[i].to);
		jw_end(w);
	}
	jw_end(w);
}
