/* For analysers only (tools/analyze.py includes it before each file but base/status.c): what they can't see from one
 * file alone, that an error is never HR_OK. */
#ifndef HR_TOOLS_ANALYZE_H
#define HR_TOOLS_ANALYZE_H

#include "base/status.h"

#define hr_error_set(error, code, ...) ((void)(hr_error_set)(error, code, __VA_ARGS__), (code))
#define hr_error_set_errno(error, ...) ((void)(hr_error_set_errno)(error, __VA_ARGS__), HR_ERR_IO)

#endif
