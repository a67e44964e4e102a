# A compiler cache where the machine has one: several presets then share most of the work.
find_program(HR_CCACHE ccache)
if(HR_CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${HR_CCACHE})
endif()

# What every room is built with.
add_library(hr_options INTERFACE)
target_include_directories(hr_options INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(hr_options INTERFACE _GNU_SOURCE HR_VERSION="${PROJECT_VERSION}")
target_compile_options(hr_options INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
  -Wvla -Wformat=2 -Wundef -fno-math-errno -ffp-contract=off)
# The same sources give the same bytes, wherever they lie (tests/package/reproducible.sh).
target_compile_options(hr_options INTERFACE
  "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=." "-ffile-prefix-map=${CMAKE_BINARY_DIR}=.")
if(HOMEROOM_WERROR)
  target_compile_options(hr_options INTERFACE -Werror)
endif()
if(HOMEROOM_SANITIZE)
  target_compile_options(hr_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(hr_options INTERFACE -fsanitize=address,undefined)
endif()
if(HOMEROOM_FUZZ)
  # What gcc says by itself about its sanitizer, and clang does not; edges are counted for libFuzzer.
  target_compile_definitions(hr_options INTERFACE __SANITIZE_ADDRESS__)
  target_compile_options(hr_options INTERFACE
    -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(hr_options INTERFACE -fsanitize=address,undefined)
endif()
if(HOMEROOM_TSAN)
  target_compile_options(hr_options INTERFACE -fsanitize=thread)
  target_link_options(hr_options INTERFACE -fsanitize=thread)
endif()
if(HOMEROOM_COVERAGE)
  target_compile_options(hr_options INTERFACE --coverage)
  target_link_options(hr_options INTERFACE --coverage)
endif()

# What makes a mistake of ours harder to use. tests/package/hardening.sh reads it from the installed program.
if(NOT HOMEROOM_SANITIZE AND NOT HOMEROOM_FUZZ AND NOT HOMEROOM_TSAN AND NOT HOMEROOM_COVERAGE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  include(CheckCCompilerFlag)
  target_compile_options(hr_options INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection)
  foreach(flag -fcf-protection=full -mbranch-protection=standard) # x86-64, arm64
    string(MAKE_C_IDENTIFIER "HR_HAS${flag}" known)
    check_c_compiler_flag(${flag} ${known})
    if(${known})
      target_compile_options(hr_options INTERFACE ${flag})
    endif()
  endforeach()
  target_link_options(hr_options INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES C)
endif()

# hr_room(NAME SOURCES a.c b.c [LINK targets...]): one room as a static library hr_NAME.
function(hr_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINK" ${ARGN})
  add_library(hr_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(hr_${name} PUBLIC hr_options ${ROOM_LINK})
endfunction()

# hr_test(NAME LABEL unit|golden|cli|fuzz|torture SOURCES a.c [LINK targets...]): one cmocka program, run by ctest.
function(hr_test name)
  cmake_parse_arguments(TEST "" "LABEL" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_LINK} PkgConfig::CMOCKA)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${TEST_LABEL} TIMEOUT 300
    ENVIRONMENT "HOMEROOM_SOURCE=${CMAKE_SOURCE_DIR};HOMEROOM_MODELS=${HOMEROOM_MODEL_DIR};CMOCKA_MESSAGE_OUTPUT=stdout;TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/support/tsan-suppressions.txt")
endfunction()
