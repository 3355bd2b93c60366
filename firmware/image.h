/* What the build appends to an image (firmware/seal.py), and whether the image in flash is still the one that was built. */
#ifndef FIRMWARE_IMAGE_H
#define FIRMWARE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

/* The last bytes of the image: SHA-256 of all before it, and CRC-32 (as zlib's) of everything but itself. */
struct image_seal {
    uint8_t build[32];
    uint32_t crc;
};

extern const struct image_seal _image_seal; /* link.ld */

/* Whether the CRC of the image in flash is the seal's. */
bool image_is_whole(void);

#endif
