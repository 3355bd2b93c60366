/* What is right passes under the sanitizers. */
#include "tools/toolchains/host/sums.h"

int main(void)
{
    static const int32_t words[] = {INT32_MAX, INT32_MIN, 3};
    return sum_words(words, 3) != 2;
}
