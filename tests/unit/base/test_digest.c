#include "base/digest.h"

#include "test.h"

/* FIPS 180-4 examples. */
static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char million_a[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void check(const uint8_t digest[SHA256_SIZE], const char *want)
{
	char hex[SHA256_HEX];

	hex_encode(hex, digest, SHA256_SIZE);
	assert_string_equal(hex, want);
}

static void test_at_once(void **state)
{
	(void)state;
	uint8_t digest[SHA256_SIZE];

	sha256_bytes("", 0, digest);
	check(digest, empty);
	sha256_bytes("abc", 3, digest);
	check(digest, abc);
}

static void test_in_pieces_and_again(void **state)
{
	(void)state;
	uint8_t digest[SHA256_SIZE];
	struct sha256 *h = sha256_new();
	char piece[1000];

	memset(piece, 'a', sizeof piece);
	for (int i = 0; i < 1000; i++)
		sha256_update(h, piece, sizeof piece);
	sha256_final(h, digest);
	check(digest, million_a);
	sha256_reset(h);
	sha256_update(h, "a", 1);
	sha256_update(h, "", 0);
	sha256_update(h, "bc", 2);
	sha256_final(h, digest);
	check(digest, abc);
	sha256_reset(h);
	sha256_update(h, "thrown away", 11);
	sha256_reset(h);
	sha256_final(h, digest);
	check(digest, empty);
	sha256_free(h);
	sha256_free(NULL);
}

static void test_hex(void **state)
{
	(void)state;
	uint8_t bytes[4];
	char text[9];

	assert_true(hex_decode(bytes, "00aBfF7e", 4));
	assert_memory_equal(bytes, "\x00\xAB\xFF\x7E", 4);
	hex_encode(text, bytes, 4);
	assert_string_equal(text, "00abff7e");
	assert_false(hex_decode(bytes, "00abff7", 4));
	assert_false(hex_decode(bytes, "0x00abff", 4));
	assert_false(hex_decode(bytes, "00 1abff", 4));
	assert_false(hex_decode(bytes, "", 1));
	assert_true(hex_decode(bytes, "", 0));
	assert_true(hex_decode(bytes, "12rest is not looked at", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_in_pieces_and_again),
		cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
