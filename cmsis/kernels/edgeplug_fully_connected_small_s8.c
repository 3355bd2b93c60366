/* The plain kernel as a small one of its own: slow, but it takes the same layers and needs no scratch. */
#define edgeplug_fully_connected_s8 edgeplug_fully_connected_small_s8
#include "cmsis/kernels/reference/edgeplug_fully_connected_s8.c"
