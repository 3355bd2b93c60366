/* An int8 kernel as a compiler makes it, for speed measurements: a convolution of 1 x 1, channels in and out, with the
 * strides, offsets and requantisation that make real ones keep their pointers on the stack. */
#include <stdint.h>

typedef struct {
    int32_t pixels, channels_in, channels_out, input_offset, output_offset;
    const int32_t *bias, *multiplier, *shift;
} convolution_t;

extern const int8_t kernel_weights[32 * 32];
static const int32_t bias[32] = {7, -3, 100};
static const int32_t multiplier[32] = {[0 ... 31] = 1518500250};
static const int32_t shift[32] = {[0 ... 31] = 9};
static int8_t input[64 * 32], output[64 * 32];

__attribute__((noinline)) static int8_t requantise(int32_t sum, int32_t factor, int32_t right, int32_t offset)
{
    int32_t scaled = (int32_t)(((int64_t)sum * factor) >> (31 + right)) + offset;
    return (int8_t)(scaled < -128 ? -128 : scaled > 127 ? 127 : scaled);
}

__attribute__((noinline)) static void convolve(const convolution_t *self, const int8_t *in, const int8_t *weights, int8_t *out)
{
    for (int32_t pixel = 0; pixel < self->pixels; pixel++) {
        for (int32_t channel = 0; channel < self->channels_out; channel++) {
            const int8_t *row = weights + channel * self->channels_in;
            int32_t sum = self->bias[channel];
            for (int32_t i = 0; i < self->channels_in; i += 4) {
                sum += (in[i] + self->input_offset) * row[i];
                sum += (in[i + 1] + self->input_offset) * row[i + 1];
                sum += (in[i + 2] + self->input_offset) * row[i + 2];
                sum += (in[i + 3] + self->input_offset) * row[i + 3];
            }
            *out++ = requantise(sum, self->multiplier[channel], self->shift[channel], self->output_offset);
        }
        in += self->channels_in;
    }
}

/* Runs the kernel on `pixels` (at most 64) pixels of 32 channels. */
__attribute__((used)) void kernel(int32_t pixels)
{
    const convolution_t shape = {pixels, 32, 32, 5, -3, bias, multiplier, shift};
    convolve(&shape, input, kernel_weights, output);
}

const int8_t kernel_weights[32 * 32] = {[0 ... 1023] = 3};

__attribute__((used, noreturn)) void reset(void)
{
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {(void (*)(void))0x20001F00, reset};
