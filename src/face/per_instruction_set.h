/* For the few loops over pixels and numbers outside the networks. Inside this room only. */
#ifndef HR_FACE_PER_INSTRUCTION_SET_H
#define HR_FACE_PER_INSTRUCTION_SET_H

/* In front of a function: the loops in it are vectorised, the compiler makes one copy per
 * instruction set, and the loader picks. Elsewhere (arm64, whose baseline has vectors) and under
 * sanitizers, which do not like the picking, there is one copy. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HR_PER_INSTRUCTION_SET __attribute__((target_clones("arch=skylake-avx512", "avx2", "default"), optimize("O3")))
#else
#define HR_PER_INSTRUCTION_SET __attribute__((optimize("O3")))
#endif

#endif
