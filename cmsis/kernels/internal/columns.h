/* Four columns of convolution inputs, widened for the multiplication, and what is done with them.
 *
 * Layout: values come in groups of four. A group is eight words of two int16 lanes: values 0 and 2 of each column, then
 * values 1 and 3 of each column. In this order neither inputs nor weights need to be regrouped after SXTB16. The last group
 * may be partly unset: the weights' lanes there are zero.
 */
#ifndef EDGEPLUG_COLUMNS_H
#define EDGEPLUG_COLUMNS_H

#include "arm_nn_types.h"

#define EDGEPLUG_COLUMNS 4

/* Everything that stays the same while a convolution runs. `bias` may be NULL; `depth` is the length of a filter,
 * `pitch` the bytes from one column's results to the next one's (`channels`, unless the convolution is in groups);
 * `suit_pairs` is what edgeplug_suit_pairs() said of the rest.
 */
typedef struct {
    const int8_t *filters;
    const int32_t *bias;
    const int32_t *multipliers;
    const int32_t *shifts;
    int32_t channels;
    int32_t pitch;
    int32_t depth;
    int32_t output_offset;
    cmsis_nn_activation activation;
    bool suit_pairs;
} edgeplug_filters;

/* Whether the fast way, two filters at a time, takes these: four weights or more, shifts in [-22, -1]. */
bool edgeplug_suit_pairs(const edgeplug_filters *filters);

/* Writes `count` values + `offset` of `source` into column `column`.
 * `source` may have any alignment; `columns` is 4-aligned.
 */
void edgeplug_widen(uint32_t *columns, int32_t column, const int8_t *source, int32_t count, int32_t offset);

/* Applies all filters to `count` columns, 1 or 4; results of a column go `pitch` bytes behind those of the one before. */
void edgeplug_multiply_columns(const uint32_t *columns, const edgeplug_filters *filters, int32_t count, int8_t *output);

#endif
