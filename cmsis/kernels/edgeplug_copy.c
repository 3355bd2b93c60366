/* Strided copies and fills: what every operator that moves bytes becomes. */
#include "edgeplug_nn.h"
#include "internal/simd.h"

/* Four words at a time: without a library call that newlib-nano makes byte by byte. */
static void copy_run(int8_t *target, const int8_t *source, int32_t count)
{
    for (; count >= 16; count -= 16, target += 16, source += 16) {
        const uint32_t first = load_4(source), second = load_4(source + 4);
        const uint32_t third = load_4(source + 8), fourth = load_4(source + 12);
        store_4(target, first);
        store_4(target + 4, second);
        store_4(target + 8, third);
        store_4(target + 12, fourth);
    }
    copy_bytes(target, source, count);
}

/* The innermost axis. */
static void copy_axis(int8_t *target, const int8_t *source, const edgeplug_axis *axis, int32_t run_bytes)
{
    const int32_t source_stride = axis->source_stride, target_stride = axis->target_stride;

    if (run_bytes == 1) {
        for (int32_t i = axis->extent; i > 0; i--, source += source_stride, target += target_stride) {
            *target = *source;
        }
        return;
    }
    for (int32_t i = axis->extent; i > 0; i--, source += source_stride, target += target_stride) {
        copy_run(target, source, run_bytes);
    }
}

void edgeplug_copy(const void *source, void *target, const edgeplug_axis *axes, int32_t rank, int32_t run_bytes)
{
    const int8_t *from = source;
    int8_t *to = target;
    int32_t done[EDGEPLUG_MAX_AXES] = {0};

    if (rank == 0) {
        copy_run(to, from, run_bytes);
        return;
    }
    for (;;) {
        int32_t axis = rank - 2;

        copy_axis(to, from, &axes[rank - 1], run_bytes);
        for (; axis >= 0; axis--) {
            from += axes[axis].source_stride;
            to += axes[axis].target_stride;
            if (++done[axis] < axes[axis].extent) {
                break;
            }
            from -= axes[axis].extent * axes[axis].source_stride;
            to -= axes[axis].extent * axes[axis].target_stride;
            done[axis] = 0;
        }
        if (axis < 0) {
            return;
        }
    }
}

void edgeplug_fill(void *target, int32_t value, int32_t bytes)
{
    int8_t *to = target;
    const uint32_t word = (uint8_t)value * UINT32_C(0x01010101);

    for (; bytes >= 4; bytes -= 4, to += 4) {
        store_4(to, word);
    }
    for (; bytes > 0; bytes--) {
        *to++ = (int8_t)value;
    }
}
