#include "firebase_row.h"

#include "firebase/standin.h"

int main(void)
{
	struct standin server;
	int failed;

	if (!standin_start(&server))
		return standin_absent();
	failed = conformance_run(&firebase_row);
	standin_end(&server);
	return failed;
}
