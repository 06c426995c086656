#include "target/keys_host.h"

#include "target/keys.h"

#define OBJECT(rows) { .types = SHAPE_OBJECT, .keys = (rows) }
#define LIST_OF(shape) { .types = SHAPE_LIST, .item = (shape) }
#define WORDS(...) { .types = SHAPE_STRING, .words = (const char *const[]){ __VA_ARGS__, NULL } }
#define END { .name = NULL }

const struct shape shape_any_text = { .types = SHAPE_STRING, .form = FORM_ANY };
const struct shape shape_text = { .types = SHAPE_STRING, .form = FORM_TEXT };
const struct shape shape_name = { .types = SHAPE_STRING, .form = FORM_NAME };
const struct shape shape_bool = { .types = SHAPE_BOOL };
const struct shape shape_count = { .types = SHAPE_INTEGER, .min = 1, .max = 1000000 };
const struct shape shape_duration = { .types = SHAPE_STRING, .form = FORM_DURATION };
const struct shape shape_url = { .types = SHAPE_STRING, .form = FORM_URL };
const struct shape shape_texts = LIST_OF(&shape_text);

/* ---- all kinds ---- */
static const struct shape some_texts = { .types = SHAPE_LIST, .filled = true, .item = &shape_text };
const struct key_row secret_rows[] = {
	{ .name = "env", .shape = &shape_text, .choice = 1 }, { .name = "file", .shape = &shape_text, .choice = 1 },
	{ .name = "command", .shape = &some_texts, .choice = 1 }, { .name = "key", .shape = &shape_text }, END
};

static const struct key_row keep_rows[] = {
	{ .name = "last", .shape = &shape_count }, { .name = "within", .shape = &shape_duration }, END
};
const struct shape shape_keep = OBJECT(keep_rows);

static const struct shape status_code = { .types = SHAPE_INTEGER, .min = 100, .max = 599 };
static const struct shape status_codes = { .types = SHAPE_INTEGER | SHAPE_LIST, .min = 100, .max = 599,
                                           .item = &status_code };
static const struct shape text_or_secret = { .types = SHAPE_STRING | SHAPE_OBJECT, .form = FORM_ANY,
                                             .keys = secret_rows };
static const struct shape header_map = { .types = SHAPE_OBJECT, .key_form = FORM_TEXT, .value = &text_or_secret };
static const struct shape method = WORDS("GET", "HEAD", "POST", "PUT");
static const struct key_row pointer_rows[] = {
	{ .name = "pointer", .shape = &shape_any_text, .required = true },
	{ .name = "equals", .shape = &shape_any_text, .required = true }, END
};
static const struct shape json_pointer = OBJECT(pointer_rows);
static const struct key_row health_rows[] = {
	{ .name = "path", .shape = &shape_text }, { .name = "method", .shape = &method },
	{ .name = "headers", .shape = &header_map }, { .name = "status", .shape = &status_codes },
	{ .name = "contains", .shape = &shape_text }, { .name = "json", .shape = &json_pointer },
	{ .name = "max_latency", .shape = &shape_duration }, { .name = "passes", .shape = &shape_count },
	{ .name = "within", .shape = &shape_duration }, { .name = "exec", .shape = &some_texts }, END
};
static const struct shape health_check = { .types = SHAPE_STRING | SHAPE_OBJECT, .form = FORM_TEXT,
                                           .keys = health_rows };
const struct shape shape_health = {
	.types = SHAPE_STRING | SHAPE_FALSE | SHAPE_OBJECT | SHAPE_LIST, .form = FORM_TEXT, .keys = health_rows,
	.item = &health_check
};

static const struct key_row hook_rows[] = {
	{ .name = "before_stage", .shape = &shape_texts }, { .name = "before_switch", .shape = &shape_texts },
	{ .name = "after_switch", .shape = &shape_texts }, END
};
const struct shape shape_hooks = OBJECT(hook_rows);

static const struct shape share = { .types = SHAPE_STRING, .form = FORM_SHARE };
static const struct shape whole = { .types = SHAPE_INTEGER, .min = 0, .max = 1000000000 };
static const struct key_row fuse_rows[] = {
	{ .name = "removals", .shape = &share }, { .name = "files", .shape = &whole }, END
};
const struct shape shape_fuse = { .types = SHAPE_FALSE | SHAPE_OBJECT, .keys = fuse_rows };

static const struct key_row timeout_rows[] = {
	{ .name = "connect", .shape = &shape_duration }, { .name = "idle", .shape = &shape_duration },
	{ .name = "request", .shape = &shape_duration }, { .name = "target", .shape = &shape_duration }, END
};
const struct shape shape_timeouts = OBJECT(timeout_rows);
const struct shape shape_width = { .types = SHAPE_INTEGER, .min = 1, .max = 1024 };
const struct shape shape_lock = WORDS("lease", "none");
const struct shape shape_durability = WORDS("none", "switch", "full");

/* ---- firebase, and what s3 shares with it ---- */
const struct shape shape_site = { .types = SHAPE_STRING | SHAPE_LIST, .form = FORM_TEXT, .filled = true,
                                  .item = &shape_text };
const struct shape shape_associations = WORDS("AUTO", "NONE");

#define MATCH_ROWS \
	{ .name = "source", .shape = &shape_text, .choice = 1 }, { .name = "glob", .shape = &shape_text, .choice = 1 }, \
	{ .name = "regex", .shape = &shape_text, .choice = 1 }

static const struct key_row function_rows[] = {
	{ .name = "functionId", .shape = &shape_text, .required = true }, { .name = "region", .shape = &shape_text },
	{ .name = "pinTag", .shape = &shape_bool }, END
};
static const struct shape function_shape = { .types = SHAPE_STRING | SHAPE_OBJECT, .form = FORM_TEXT,
                                             .keys = function_rows };
static const struct key_row run_rows[] = {
	{ .name = "serviceId", .shape = &shape_text, .required = true }, { .name = "region", .shape = &shape_text },
	{ .name = "pinTag", .shape = &shape_bool }, END
};
static const struct shape run_shape = OBJECT(run_rows);
static const struct shape only_true = { .types = SHAPE_TRUE };
static const struct key_row rewrite_rows[] = {
	MATCH_ROWS,
	{ .name = "destination", .shape = &shape_text, .choice = 2 },
	{ .name = "function", .shape = &function_shape, .choice = 2 },
	{ .name = "run", .shape = &run_shape, .choice = 2 }, { .name = "dynamicLinks", .shape = &only_true, .choice = 2 },
	{ .name = "region", .shape = &shape_text, .beside = "function" }, END
};
static const struct shape rewrite = OBJECT(rewrite_rows);
const struct shape shape_rewrites = LIST_OF(&rewrite);

static const struct shape redirect_type = { .types = SHAPE_INTEGER, .min = 300, .max = 399 };
static const struct key_row redirect_rows[] = {
	MATCH_ROWS,
	{ .name = "destination", .shape = &shape_text, .required = true }, { .name = "type", .shape = &redirect_type }, END
};
static const struct shape redirect = OBJECT(redirect_rows);
const struct shape shape_redirects = LIST_OF(&redirect);

static const struct key_row header_rows[] = {
	{ .name = "key", .shape = &shape_text, .required = true },
	{ .name = "value", .shape = &shape_any_text, .required = true }, END
};
static const struct shape header = OBJECT(header_rows);
static const struct shape header_list = LIST_OF(&header);
static const struct key_row header_rule_rows[] = {
	MATCH_ROWS, { .name = "headers", .shape = &header_list, .required = true }, END
};
static const struct shape header_rule = OBJECT(header_rule_rows);
const struct shape shape_headers = LIST_OF(&header_rule);

static const struct key_row i18n_rows[] = { { .name = "root", .shape = &shape_text, .required = true }, END };
const struct shape shape_i18n = OBJECT(i18n_rows);

/* ---- s3 ---- */
const struct shape shape_addressing = WORDS("path", "virtual");
const struct shape shape_precompress = WORDS("none", "gzip", "br");
static const struct key_row webhook_rows[] = {
	{ .name = "url", .shape = &shape_url, .required = true }, { .name = "method", .shape = &method },
	{ .name = "headers", .shape = &header_map }, { .name = "body", .shape = &shape_any_text }, END
};
static const struct shape webhook = OBJECT(webhook_rows);
static const struct key_row cdn_rows[] = {
	{ .name = "cloudfront", .shape = &shape_text, .choice = 1 },
	{ .name = "webhook", .shape = &webhook, .choice = 1 }, END
};
static const struct shape cdn = OBJECT(cdn_rows);
const struct shape shape_cdn = LIST_OF(&cdn);
static const struct key_row website_rows[] = {
	{ .name = "index", .shape = &shape_text }, { .name = "error", .shape = &shape_text }, END
};
const struct shape shape_website = { .types = SHAPE_BOOL | SHAPE_OBJECT, .keys = website_rows };

/* ---- ssh ---- */
const struct shape shape_address = { .types = SHAPE_STRING, .form = FORM_ADDRESS };
const struct shape shape_port = { .types = SHAPE_INTEGER, .min = 1, .max = 65535 };
