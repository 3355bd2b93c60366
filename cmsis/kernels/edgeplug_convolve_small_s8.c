/* The plain kernel as a small one of its own: slow, but it takes the same layers and needs no scratch. */
#define edgeplug_convolve_s8 edgeplug_convolve_small_s8
#include "cmsis/kernels/reference/edgeplug_convolve_s8.c"
