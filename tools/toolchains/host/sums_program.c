/* Sums its arguments; the first is how many words there are, true or not. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/toolchains/host/sums.h"

int main(int count, char **arguments)
{
    if (count < 2) {
        fprintf(stderr, "usage: %s COUNT [WORD...]\n", arguments[0]);
        return 2;
    }
    int32_t *words = malloc(sizeof(int32_t) * (size_t)(count - 1));
    if (words == NULL) {
        return 3;
    }
    for (int i = 2; i < count; i++) {
        words[i - 2] = (int32_t)strtol(arguments[i], NULL, 0);
    }
    int32_t sum = sum_words(words, (int32_t)strtol(arguments[1], NULL, 0));
    printf("%d %.3f %s\n", sum, sqrt((double)(sum < 0 ? 0 : sum)), __VERSION__);
    free(words);
    return 0;
}
