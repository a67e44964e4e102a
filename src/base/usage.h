/* What this process has used so far. */
#ifndef HR_BASE_USAGE_H
#define HR_BASE_USAGE_H

#include <stdint.h>

/* Of a processor, by all threads of it. */
int64_t hr_usage_processor_us(void);
/* The most memory that it had at once. */
uint64_t hr_usage_memory_bytes(void);

#endif
