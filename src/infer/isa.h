/* Which kernels the processor can run. Inside this room only. */
#ifndef HR_INFER_ISA_H
#define HR_INFER_ISA_H

#include "infer/eight_bits.h"
#include "infer/kernels.h"
#include "infer/network.h"

/* The kernels of an available instruction set; AUTO gives the best. */
const struct hr_kernels *hr_isa_kernels(enum hr_isa isa);
const struct hr_byte_kernels *hr_isa_byte_kernels(enum hr_isa isa);

#endif
