#include "firmware/image.h"

#include "firmware/cortex_m4/core.h"

/* Polynomial 0x04C11DB7, bits reversed. */
#define CRC_FEEDBACK 0xEDB88320u

/* Without a table: a boot takes some milliseconds longer, the image is 64 bytes smaller. */
bool image_is_whole(void)
{
    uint32_t crc = 0xFFFFFFFFu;

    for (const uint8_t *byte = (const uint8_t *)_vectors; byte != (const uint8_t *)&_image_seal.crc; byte++) {
        crc ^= *byte;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (CRC_FEEDBACK & -(crc & 1u));
        }
    }
    return ~crc == _image_seal.crc;
}
