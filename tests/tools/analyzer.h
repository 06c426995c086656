/* Included first when clang-tidy reads our sources: an analyzer sees one file at a time and must be told that these
 * functions return -1, or it follows every failure as if it were a success. */
#include "base/fail.h"

#define fail_set(...) (fail_set(__VA_ARGS__), -1)
#define fail_errno(...) (fail_errno(__VA_ARGS__), -1)
#define fail_wrap(...) (fail_wrap(__VA_ARGS__), -1)
#define fail_hint(...) (fail_hint(__VA_ARGS__), -1)
#define fail_stage(...) (fail_stage(__VA_ARGS__), -1)
