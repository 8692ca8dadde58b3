/*
 * abridge.h
 *	  Shows JSON to people: indented, long arrays and strings cut.
 */
#ifndef ABRIDGE_H
#define ABRIDGE_H

#include <stdio.h>

/*
 * Writes the JSON text that starts at json, indented by indent tabs, without a final line end.
 * The text has to be valid JSON.
 */
void abridge(FILE *out, const char *json, int indent);

#endif /* ABRIDGE_H */
