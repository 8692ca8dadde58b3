/*-------------------------------------------------------------------------
 *
 * viewset_body.c
 *	  Bodies of requests.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>
#include <strings.h>

#include "decoding.h"
#include "viewset.h"

#define MAX_BODY (1024 * 1024)

/* application/json and application/…+json, with parameters or without. */
static bool
is_json(const char *content_type)
{
	size_t length = strcspn(content_type, "; \t");

	if (length == strlen("application/json") && strncasecmp(content_type, "application/json", length) == 0)
		return true;
	return length > strlen("application/+json") && strncasecmp(content_type, "application/", 12) == 0 &&
		strncasecmp(content_type + length - 5, "+json", 5) == 0;
}

bolt_exception *
bolt_request_refusal(const bolt_request *request, size_t max_body)
{
	if (request->content_type && !is_json(request->content_type))
		return bolt__error_new(BOLT_HTTP_ERROR, "PT415",
							   "Unsupported media type: application/json is expected.");
	if (request->body_length > max_body)
		return bolt__error_new(BOLT_HTTP_ERROR, "PT413", "The body is larger than %zu bytes.", max_body);
	return NULL;
}

bolt_decoded *
bolt_request_decode(const bolt_request *request, const bolt_schema *schema, bolt_exception **error)
{
	bolt_exception *wrong = bolt_request_refusal(request, MAX_BODY);

	if (wrong == NULL)
		bolt_kw_free(bolt_validate(schema, request->body, request->body_length, false, &wrong));
	if (wrong == NULL)
		return bolt__decode_body(schema, request->body, request->body_length, error);
	if (error)
		*error = wrong;
	else
		bolt_error_unref(wrong);
	return NULL;
}
