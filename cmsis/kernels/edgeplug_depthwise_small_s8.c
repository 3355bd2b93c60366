/* The plain kernel as a small one of its own: slow, but it takes layers of all kinds and needs no scratch. */
#define edgeplug_depthwise_s8 edgeplug_depthwise_small_s8
#include "cmsis/kernels/reference/edgeplug_depthwise_s8.c"
