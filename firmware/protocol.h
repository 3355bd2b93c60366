/* Constants of firmware/PROTOCOL.md. firmware/protocol.py has the same ones; protocol_test.py holds them together. */
#ifndef FIRMWARE_PROTOCOL_H
#define FIRMWARE_PROTOCOL_H

enum {
    PROTOCOL_VERSION = 1,
    PROTOCOL_SYNC = 0xA5,
    PROTOCOL_HEADER_BYTES = 4, /* after the sync byte: version, type, length (16 bits) */
    PROTOCOL_CRC_INITIAL = 0xFFFF,

    PROTOCOL_TYPE_IDENTIFY = 0x01,
    PROTOCOL_TYPE_CLASS_NAME = 0x02,
    PROTOCOL_TYPE_RUN = 0x03,
    PROTOCOL_TYPE_STREAM = 0x04,
    PROTOCOL_TYPE_REPLY = 0x80, /* set in the reply to a request */
    PROTOCOL_TYPE_ERROR = 0xFF,
    PROTOCOL_TYPE_FAULT = 0xFE,

    PROTOCOL_ERROR_CRC = 0x01,
    PROTOCOL_ERROR_VERSION = 0x02,
    PROTOCOL_ERROR_TYPE = 0x03,
    PROTOCOL_ERROR_LENGTH = 0x04,
    PROTOCOL_ERROR_OVERSIZE = 0x05,
    PROTOCOL_ERROR_TRUNCATED = 0x06,
    PROTOCOL_ERROR_INDEX = 0x07,
    PROTOCOL_ERROR_NETWORK = 0x08,

    PROTOCOL_FAULT_NETWORK = 0xD0, /* beside exception numbers and enum board_status */
    PROTOCOL_FAULT_IMAGE = 0xD1,
};

#endif
