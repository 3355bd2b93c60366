/* Two columns of convolution inputs, widened for the multiplication, and what is done with them.
 *
 * Layout: values come in groups of four. A group is four words of two int16 lanes: values 0 and 2 of column 0, then of
 * column 1; values 1 and 3 of column 0, then of column 1. In this order neither inputs nor weights need to be regrouped
 * after SXTB16. The last group may be partly unset: the weights' lanes there are zero.
 */
#ifndef EDGEPLUG_COLUMNS_H
#define EDGEPLUG_COLUMNS_H

#include "arm_nn_types.h"

/* Everything that stays the same while a convolution runs. `bias` may be NULL; `depth` is the length of a filter;
 * `suit_pairs` is what edgeplug_suit_pairs() said of the rest.
 */
typedef struct {
    const int8_t *filters;
    const int32_t *bias;
    const int32_t *multipliers;
    const int32_t *shifts;
    int32_t channels;
    int32_t depth;
    int32_t output_offset;
    cmsis_nn_activation activation;
    bool suit_pairs;
} edgeplug_filters;

/* Whether the fast way, two filters at a time, takes these: a bias, four weights or more, and factors below 1/2. */
bool edgeplug_suit_pairs(const edgeplug_filters *filters);

/* Writes `count` values + `offset` of `source` into column `column` (0 or 1) from index `first` on.
 * `source` may have any alignment; `columns` is 4-aligned.
 */
void edgeplug_widen(uint32_t *columns, int32_t column, int32_t first, const int8_t *source, int32_t count, int32_t offset);

/* Writes `count` zeros into column `column` from index `first` on. */
void edgeplug_widen_zeros(uint32_t *columns, int32_t column, int32_t first, int32_t count);

/* Applies all filters to both columns; `outputs[i]` gets the `channels` results of column i. They may be the same. */
void edgeplug_multiply_columns(const uint32_t *columns, const edgeplug_filters *filters, int8_t *const outputs[2]);

#endif
