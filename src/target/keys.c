#include "target/keys.h"

#include <string.h>

#include "target/keys_host.h"

#define END { .name = NULL }
#define D KIND_DIR
#define F KIND_FIREBASE
#define S KIND_S3
#define H KIND_SSH
#define HOST_ONLY LEVEL_HOST

const char *const keys_kinds[] = { "dir", "firebase", "s3", "ssh", NULL };

/* ---- secrets, variables, render ---- */
const struct shape keys_secret = { .types = SHAPE_OBJECT, .keys = secret_rows };
static const struct shape variable = {
	.types = SHAPE_STRING | SHAPE_NUMBER | SHAPE_BOOL | SHAPE_OBJECT, .form = FORM_ANY, .keys = secret_rows
};
static const struct shape variables = { .types = SHAPE_OBJECT, .key_form = FORM_VARIABLE, .value = &variable };

static const struct shape tree_path = { .types = SHAPE_STRING, .form = FORM_TREE_PATH };
static const struct key_row render_rows[] = {
	{ .name = "path", .shape = &tree_path, .required = true }, { .name = "from", .shape = &tree_path },
	{ .name = "open", .shape = &shape_text }, { .name = "close", .shape = &shape_text }, END
};
static const struct shape render_rule = { .types = SHAPE_STRING | SHAPE_OBJECT, .form = FORM_TREE_PATH,
                                          .keys = render_rows };
static const struct shape render = { .types = SHAPE_LIST, .item = &render_rule };
static const struct shape names = { .types = SHAPE_LIST, .item = &shape_name };

/* ---- what every layer may set, and what only host manifests say ---- */
static const struct shape entry_object = {
	.types = SHAPE_OBJECT, .keys = keys_layered, .where = LEVEL_ENTRY
};
static const struct shape entries = {
	.types = SHAPE_LIST | SHAPE_OBJECT, .filled = true, .key_form = FORM_NAME, .item = &shape_name,
	.value = &entry_object
};
static const struct shape kind_shape = { .types = SHAPE_STRING, .words = keys_kinds };

static const struct shape approve = { .types = SHAPE_STRING, .words = (const char *const[]){ "ask", "signed", NULL } };

const struct key_row keys_layered[] = {
	{ .name = "$schema", .shape = &shape_any_text, .levels = LEVEL_HOST | LEVEL_TARGET },
	{ .name = "name", .shape = &shape_name, .levels = LEVEL_TARGET },
	{ .name = "environments", .shape = &entries, .levels = LEVEL_TARGET },
	{ .name = "kind", .shape = &kind_shape, .levels = HOST_ONLY, .required = true },
	{ .name = "host", .shape = &shape_name, .levels = LEVEL_NOT_HOST },
	{ .name = "build", .shape = &shape_name, .levels = LEVEL_LAYERS },
	{ .name = "tags", .shape = &names, .levels = LEVEL_LAYERS },
	{ .name = "vars", .shape = &variables, .levels = LEVEL_LAYERS },
	{ .name = "overlays", .shape = &names, .levels = LEVEL_LAYERS },
	{ .name = "render", .shape = &render, .levels = LEVEL_LAYERS },
	{ .name = "allow_pinned", .shape = &shape_bool, .levels = LEVEL_LAYERS },
	{ .name = "ignore", .shape = &shape_texts, .levels = LEVEL_LAYERS },
	{ .name = "include", .shape = &shape_texts, .levels = LEVEL_LAYERS },
	{ .name = "allow_unsafe", .shape = &shape_texts, .levels = LEVEL_LAYERS },

	{ .name = "keep", .shape = &shape_keep, .levels = LEVEL_LAYERS },
	{ .name = "url", .shape = &shape_url, .levels = LEVEL_LAYERS },
	{ .name = "health", .shape = &shape_health, .levels = LEVEL_LAYERS },
	{ .name = "hooks", .shape = &shape_hooks, .levels = LEVEL_LAYERS },
	{ .name = "fuse", .shape = &shape_fuse, .levels = LEVEL_LAYERS },
	{ .name = "timeouts", .shape = &shape_timeouts, .levels = HOST_ONLY },
	{ .name = "width", .shape = &shape_width, .levels = HOST_ONLY },
	{ .name = "lock", .shape = &shape_lock, .levels = HOST_ONLY },

	{ .name = "root", .shape = &shape_text, .kinds = D | H, .levels = LEVEL_LAYERS },
	{ .name = "live", .shape = &shape_text, .kinds = D | H, .levels = LEVEL_LAYERS },
	{ .name = "durability", .shape = &shape_durability, .kinds = D | H, .levels = LEVEL_LAYERS },

	{ .name = "project", .shape = &shape_text, .kinds = F, .levels = LEVEL_LAYERS },
	{ .name = "site", .shape = &shape_site, .kinds = F, .levels = LEVEL_LAYERS },
	{ .name = "channel", .shape = &shape_text, .kinds = F, .levels = LEVEL_LAYERS },
	{ .name = "rewrites", .shape = &shape_rewrites, .kinds = F, .levels = LEVEL_LAYERS },
	{ .name = "redirects", .shape = &shape_redirects, .kinds = F | S, .levels = LEVEL_LAYERS },
	{ .name = "headers", .shape = &shape_headers, .kinds = F | S, .levels = LEVEL_LAYERS },
	{ .name = "cleanUrls", .shape = &shape_bool, .kinds = F, .levels = LEVEL_LAYERS },
	{ .name = "trailingSlash", .shape = &shape_bool, .kinds = F, .levels = LEVEL_LAYERS },
	{ .name = "appAssociation", .shape = &shape_associations, .kinds = F, .levels = LEVEL_LAYERS },
	{ .name = "i18n", .shape = &shape_i18n, .kinds = F, .levels = LEVEL_LAYERS },
	{ .name = "credentials", .shape = &keys_secret, .kinds = F | S, .levels = HOST_ONLY },
	{ .name = "endpoint", .shape = &shape_url, .kinds = F | S, .levels = HOST_ONLY },

	{ .name = "bucket", .shape = &shape_text, .kinds = S, .levels = LEVEL_LAYERS },
	{ .name = "prefix", .shape = &shape_any_text, .kinds = S, .levels = LEVEL_LAYERS },
	{ .name = "entry_only", .shape = &shape_bool, .kinds = S, .levels = LEVEL_LAYERS },
	{ .name = "region", .shape = &shape_text, .kinds = S, .levels = HOST_ONLY },
	{ .name = "addressing", .shape = &shape_addressing, .kinds = S, .levels = HOST_ONLY },
	{ .name = "profile", .shape = &shape_text, .kinds = S, .levels = HOST_ONLY },
	{ .name = "state_bucket", .shape = &shape_text, .kinds = S, .levels = HOST_ONLY },
	{ .name = "state_public", .shape = &shape_bool, .kinds = S, .levels = HOST_ONLY },
	{ .name = "entry", .shape = &shape_texts, .kinds = S, .levels = HOST_ONLY },
	{ .name = "grace", .shape = &shape_duration, .kinds = S, .levels = HOST_ONLY },
	{ .name = "precompress", .shape = &shape_precompress, .kinds = S, .levels = HOST_ONLY },
	{ .name = "cdn", .shape = &shape_cdn, .kinds = S, .levels = HOST_ONLY },
	{ .name = "website", .shape = &shape_website, .kinds = S, .levels = HOST_ONLY },

	{ .name = "address", .shape = &shape_address, .kinds = H, .levels = HOST_ONLY, .required = true },
	{ .name = "port", .shape = &shape_port, .kinds = H, .levels = HOST_ONLY },
	{ .name = "ssh", .shape = &shape_text, .kinds = H, .levels = HOST_ONLY },
	{ .name = "known_hosts", .shape = &shape_text, .kinds = H, .levels = HOST_ONLY },
	{ .name = "identity", .shape = &shape_text, .kinds = H, .levels = HOST_ONLY },
	{ .name = "shared", .shape = &shape_texts, .kinds = H, .levels = LEVEL_LAYERS },
	{ .name = "starts", .shape = &shape_width, .kinds = H, .levels = HOST_ONLY },

	{ .name = "extends", .shape = &shape_name, .levels = LEVEL_ENVIRONMENT },
	{ .name = "branches", .shape = &shape_texts, .levels = LEVEL_ENVIRONMENT },
	{ .name = "approve", .shape = &approve, .levels = LEVEL_ENVIRONMENT },
	END
};

const struct shape keys_target = { .types = SHAPE_OBJECT, .keys = keys_layered, .where = LEVEL_TARGET };

bool key_is_setting(const struct key_row *row)
{
	return (row->levels & LEVEL_ENTRY || row->levels == LEVEL_HOST) && strcmp(row->name, "kind") != 0 &&
	       strcmp(row->name, "vars") != 0;
}

/* ---- slipway.json ---- */
static const struct shape only_true = { .types = SHAPE_TRUE };
static const struct key_row build_rows[] = {
	{ .name = "dir", .shape = &shape_text, .choice = 1 }, { .name = "empty", .shape = &only_true, .choice = 1 },
	{ .name = "command", .shape = &shape_text },
	{ .name = "ignore", .shape = &shape_texts }, { .name = "include", .shape = &shape_texts },
	{ .name = "allow_unsafe", .shape = &shape_texts }, END
};
static const struct shape build = { .types = SHAPE_OBJECT, .keys = build_rows };
static const struct shape builds = { .types = SHAPE_OBJECT, .filled = true, .key_form = FORM_NAME, .value = &build };
static const struct shape environment = { .types = SHAPE_OBJECT, .keys = keys_layered, .where = LEVEL_ENVIRONMENT };
static const struct shape environments = { .types = SHAPE_OBJECT, .key_form = FORM_NAME, .value = &environment };
static const struct shape defaults = { .types = SHAPE_OBJECT, .keys = keys_layered, .where = LEVEL_DEFAULTS };

static const struct shape count_or_share = { .types = SHAPE_INTEGER | SHAPE_STRING, .min = 1, .max = 1000000,
                                             .form = FORM_SHARE };
static const struct shape limit = { .types = SHAPE_INTEGER | SHAPE_STRING, .min = 0, .max = 1000000,
                                    .form = FORM_SHARE };
static const struct shape waves = { .types = SHAPE_LIST, .filled = true, .item = &count_or_share };
static const struct key_row rollout_rows[] = {
	{ .name = "waves", .shape = &waves }, { .name = "pause", .shape = &shape_duration },
	{ .name = "max_failures", .shape = &limit }, END
};
static const struct shape rollout = { .types = SHAPE_OBJECT, .keys = rollout_rows };

static const struct shape inline_targets = {
	.types = SHAPE_STRING | SHAPE_LIST | SHAPE_OBJECT, .form = FORM_TEXT, .key_form = FORM_NAME, .item = &keys_target,
	.value = &keys_target
};
/* What a manifest may say depends on its kind: the loader checks each with keys_host(). */
static const struct shape inline_manifests = { .types = SHAPE_STRING | SHAPE_OBJECT, .form = FORM_TEXT,
                                               .key_form = FORM_NAME };
static const struct shape version = { .types = SHAPE_INTEGER, .min = 1, .max = 1 };
static const struct key_row project_rows[] = {
	{ .name = "$schema", .shape = &shape_any_text },
	{ .name = "slipway", .shape = &version, .required = true },
	{ .name = "name", .shape = &shape_name },
	{ .name = "builds", .shape = &builds, .required = true },
	{ .name = "environments", .shape = &environments },
	{ .name = "defaults", .shape = &defaults },
	{ .name = "rollout", .shape = &rollout },
	{ .name = "targets", .shape = &inline_targets },
	{ .name = "manifests", .shape = &inline_manifests },
	{ .name = "overlays", .shape = &shape_text }, END
};
const struct shape keys_project = { .types = SHAPE_OBJECT, .keys = project_rows };

/* ---- host manifests, one shape a kind ---- */
#define HOST_SHAPE(bit) { .types = SHAPE_OBJECT, .keys = keys_layered, .where = LEVEL_HOST, .kinds = (bit) }
static const struct shape host_shapes[] = { HOST_SHAPE(D), HOST_SHAPE(F), HOST_SHAPE(S), HOST_SHAPE(H) };

unsigned keys_kind_bit(const char *kind)
{
	for (unsigned i = 0; keys_kinds[i]; i++)
		if (strcmp(keys_kinds[i], kind) == 0)
			return 1u << i;
	return 0;
}

const struct shape *keys_host(const char *kind)
{
	for (unsigned i = 0; keys_kinds[i]; i++)
		if (strcmp(keys_kinds[i], kind) == 0)
			return &host_shapes[i];
	return NULL;
}
