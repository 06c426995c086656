#include "dir_row.h"

int main(void)
{
	return conformance_run(&dir_row);
}
