# Builds for arm64 on another machine, with Debian's cross compiler and its arm64 libraries:
#   dpkg --add-architecture arm64; apt-get install crossbuild-essential-arm64 libjansson-dev:arm64 ...
#   cmake -B build/aarch64 -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64.cmake -DHOMEROOM_TESTS=OFF
# deploy/image/ does exactly that, inside the image's build stage.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
if("$ENV{PKG_CONFIG_LIBDIR}" STREQUAL "") # whose libraries pkg-config tells of
  set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
endif()

# Programs are the building machine's; libraries and headers lie in Debian's folders for the architecture.
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu /usr/lib/aarch64-linux-gnu /)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

# What is built can be run where Debian's qemu-user-static is installed.
find_program(HR_QEMU_AARCH64 NAMES qemu-aarch64-static qemu-aarch64)
if(HR_QEMU_AARCH64)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${HR_QEMU_AARCH64} -L /usr/aarch64-linux-gnu)
endif()
