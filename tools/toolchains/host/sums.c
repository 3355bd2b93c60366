#include "tools/toolchains/host/sums.h"

int32_t sum_words(const int32_t *words, int32_t count)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += words[i];
    }
    return sum;
}
