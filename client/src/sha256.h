/*
 * sha256.h
 *	  SHA-256, for names that say what they name.
 */
#ifndef BOLT__SHA256_H
#define BOLT__SHA256_H

#include <stddef.h>
#include <stdint.h>

#define BOLT__SHA256_SIZE 32

void bolt__sha256(const void *data, size_t length, uint8_t digest[BOLT__SHA256_SIZE]);

#endif
