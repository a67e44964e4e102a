# libhomeroom, and what `cmake --install` puts where. Everything is found relative to something else that is installed
# (the models beside the program, the headers beside the .pc file), so a prefix may be moved after installing.
include(CMakePackageConfigHelpers)

# The rooms with the network in them (aws, nats, function, the cloud's parts of store and roster) are the program's alone.
set(HR_ROOMS base sandbox store roster records tables video infer face report classroom)
set(HR_ROOM_OBJECTS "")
foreach(room ${HR_ROOMS})
  list(APPEND HR_ROOM_OBJECTS $<TARGET_OBJECTS:hr_${room}>)
endforeach()
# What a static link needs besides; the shared library brings its own.
set(HR_PRIVATE_MODULES
  libavformat libavcodec libavutil libswscale libheif libseccomp libsodium sqlite3 libutf8proc jansson libcrypto)
if(HOMEROOM_WEB)
  list(APPEND HR_PRIVATE_MODULES libarchive)
endif()

# Exactly what the public header marks with HR_API is visible outside. Compiling with hidden visibility does most of
# that already, but not all (GCC exports the resolvers of function clones), so the linker gets the list as well.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS include/homeroom.h)
file(READ include/homeroom.h header)
string(REGEX MATCHALL "HR_API[^;(]*[ *\n]hr_[a-z0-9_]+\\(" declarations "${header}")
set(HR_EXPORTS "")
foreach(declaration ${declarations})
  string(REGEX MATCH "hr_[a-z0-9_]+\\($" name "${declaration}")
  string(REPLACE "(" "" name "${name}")
  string(APPEND HR_EXPORTS "${name}\n")
endforeach()
string(REPLACE "\n" ";\n    " HR_EXPORTS_OF_MAP "${HR_EXPORTS}")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/libhomeroom.symbols CONTENT "@HR_EXPORTS@" @ONLY)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/libhomeroom.map CONTENT
  "{\nglobal:\n    @HR_EXPORTS_OF_MAP@\nlocal:\n    *;\n};\n" @ONLY)

# Before 1.0 each minor version may change the interface: the soname has both numbers.
add_library(homeroom_shared SHARED ${HR_ROOM_OBJECTS})
target_link_libraries(homeroom_shared PRIVATE hr_options hr_classroom)
target_link_options(homeroom_shared PRIVATE -Wl,--version-script=${CMAKE_BINARY_DIR}/libhomeroom.map)
if(NOT HOMEROOM_SANITIZE AND NOT HOMEROOM_TSAN) # a sanitizer's functions come from the program
  target_link_options(homeroom_shared PRIVATE -Wl,-z,defs)
endif()
set_target_properties(homeroom_shared PROPERTIES
  OUTPUT_NAME homeroom EXPORT_NAME homeroom LINKER_LANGUAGE C
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
  LINK_DEPENDS ${CMAKE_BINARY_DIR}/libhomeroom.map
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
target_include_directories(homeroom_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

# The same for the static library: all objects are linked into one, in which everything else becomes local.
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/libhomeroom.o
  COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${CMAKE_BINARY_DIR}/libhomeroom.o ${HR_ROOM_OBJECTS}
  COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=${CMAKE_BINARY_DIR}/libhomeroom.symbols
    ${CMAKE_BINARY_DIR}/libhomeroom.o
  DEPENDS ${HR_ROOM_OBJECTS} ${CMAKE_BINARY_DIR}/libhomeroom.symbols
  COMMAND_EXPAND_LISTS VERBATIM)
add_library(homeroom_static STATIC ${CMAKE_BINARY_DIR}/libhomeroom.o)
set_source_files_properties(${CMAKE_BINARY_DIR}/libhomeroom.o PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
set_target_properties(homeroom_static PROPERTIES
  OUTPUT_NAME homeroom LINKER_LANGUAGE C ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
foreach(room ${HR_ROOMS}) # make, unlike ninja, does not wait for another target's objects by itself
  add_dependencies(homeroom_static hr_${room})
endforeach()

install(TARGETS homeroom RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS homeroom_shared EXPORT homeroom LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS homeroom_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/homeroom.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(HOMEROOM_MODEL_DIR)
  # The program looks in share/homeroom/models beside its own folder, whatever the data folder is called.
  install(DIRECTORY ${HOMEROOM_MODEL_DIR}/ DESTINATION share/homeroom/models FILES_MATCHING PATTERN "*.hrm")
else()
  install(CODE "message(WARNING \"HOMEROOM_MODEL_DIR is not set: no models are installed, and the program \
will need --models DIR\")")
endif()

# homeroom.pc and find_package(homeroom)
set(HR_PKGCONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(HR_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/homeroom)
file(RELATIVE_PATH HR_PREFIX_FROM_PC
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" HR_PREFIX_FROM_PC "${HR_PREFIX_FROM_PC}")
string(REPLACE ";" " " HR_PRIVATE_MODULES_TEXT "${HR_PRIVATE_MODULES}")
configure_file(cmake/homeroom.pc.in ${CMAKE_BINARY_DIR}/homeroom.pc @ONLY)
configure_package_config_file(cmake/homeroom-config.cmake.in ${CMAKE_BINARY_DIR}/homeroom-config.cmake
  INSTALL_DESTINATION ${HR_CMAKE_DIR})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/homeroom-config-version.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/homeroom.pc DESTINATION ${HR_PKGCONFIG_DIR})
install(FILES ${CMAKE_BINARY_DIR}/homeroom-config.cmake ${CMAKE_BINARY_DIR}/homeroom-config-version.cmake
  DESTINATION ${HR_CMAKE_DIR})
install(EXPORT homeroom FILE homeroom-targets.cmake NAMESPACE homeroom:: DESTINATION ${HR_CMAKE_DIR})

install(FILES docs/homeroom.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
install(FILES completions/homeroom.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME homeroom OPTIONAL)
install(FILES completions/_homeroom DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions OPTIONAL)
install(FILES LICENSE README.md CHANGELOG.md SECURITY.md THIRD-PARTY.md docs/privacy.md docs/report-format.md
  docs/deploy.md docs/page.md docs/workers.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES examples/recognize.c examples/CMakeLists.txt DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
