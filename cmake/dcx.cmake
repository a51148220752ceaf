# One static library per folder of src/. Tests (*_test.cpp) and fuzz targets (*_fuzz.cpp) stand beside the code
# and become programs of their own.

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto SSL)
find_package(ZLIB REQUIRED)
# The Python of the system, which is the one that has the Debian packages of the tests.
find_program(DCX_PYTHON python3 HINTS /usr/bin NO_CMAKE_ENVIRONMENT_PATH REQUIRED)
if(BUILD_TESTING)
  find_package(doctest REQUIRED)
  include(${doctest_DIR}/doctest.cmake)
endif()

add_library(dcx_http_parser INTERFACE)
find_library(HTTP_PARSER_LIB http_parser REQUIRED)
target_link_libraries(dcx_http_parser INTERFACE ${HTTP_PARSER_LIB})

add_library(dcx_uring INTERFACE)
find_library(URING_LIB uring REQUIRED)
target_link_libraries(dcx_uring INTERFACE ${URING_LIB})

add_library(dcx_hwloc INTERFACE)
find_library(HWLOC_LIB hwloc REQUIRED)
target_link_libraries(dcx_hwloc INTERFACE ${HWLOC_LIB})

add_library(dcx_zstd INTERFACE)
find_library(ZSTD_LIB zstd REQUIRED)
target_link_libraries(dcx_zstd INTERFACE ${ZSTD_LIB})

add_library(dcx_toml INTERFACE)
find_library(TOMLPLUSPLUS_LIB tomlplusplus REQUIRED)
target_link_libraries(dcx_toml INTERFACE ${TOMLPLUSPLUS_LIB})

add_library(dcx_secp256k1 INTERFACE)
find_library(SECP256K1_LIB secp256k1 REQUIRED)
target_link_libraries(dcx_secp256k1 INTERFACE ${SECP256K1_LIB})

add_library(dcx_sodium INTERFACE)
find_library(SODIUM_LIB sodium REQUIRED)
target_link_libraries(dcx_sodium INTERFACE ${SODIUM_LIB})

add_library(dcx_sqlite INTERFACE)
find_library(SQLITE_LIB sqlite3 REQUIRED)
target_link_libraries(dcx_sqlite INTERFACE ${SQLITE_LIB})

add_library(dcx_libpq INTERFACE)
find_package(PostgreSQL REQUIRED)
target_link_libraries(dcx_libpq INTERFACE PostgreSQL::PostgreSQL)

add_library(dcx_hiredis INTERFACE)
find_library(HIREDIS_LIB hiredis REQUIRED)
target_link_libraries(dcx_hiredis INTERFACE ${HIREDIS_LIB})

find_package(CURL REQUIRED)
add_library(dcx_curl INTERFACE)
target_link_libraries(dcx_curl INTERFACE CURL::libcurl)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(dcx_options INTERFACE)
target_include_directories(dcx_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(dcx_options INTERFACE
  -march=${DCX_MARCH} -fno-omit-frame-pointer -fno-strict-aliasing
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlapping copies in `"x" + std::string` at -O3 where there are none (GCC bug 105651).
  target_compile_options(dcx_options INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # std::stable_sort of libstdc++ 12 uses a function of its own that it calls deprecated; clang tells us, GCC does not.
  target_compile_options(dcx_options INTERFACE -Wno-deprecated-declarations)
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  target_link_options(dcx_options INTERFACE -fuse-ld=mold)
endif()
if(DCX_SANITIZE)
  target_compile_options(dcx_options INTERFACE -fsanitize=${DCX_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(dcx_options INTERFACE -fsanitize=${DCX_SANITIZE})
  if(DCX_SANITIZE MATCHES thread)
    # GCC warns that TSan does not model atomic_thread_fence; no fence of ours carries a data race.
    target_compile_options(dcx_options INTERFACE -Wno-tsan)
  endif()
endif()
if(DCX_FUZZ)
  target_compile_options(dcx_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(BUILD_TESTING)
  add_library(dcx_doctest_main STATIC ${CMAKE_SOURCE_DIR}/tests/doctest_main.cpp)
  target_link_libraries(dcx_doctest_main PUBLIC dcx_options)
endif()

# What is compiled fast rather than fast when it runs, under sanitizers: without the checks of every pointer for null,
# alignment and size, which take most of the time in code made by macros. What is tested keeps them.
set(DCX_QUICKLY_COMPILED -O0 -fno-sanitize=null,alignment,object-size,vptr)

# dcx_tests(target [properties]): every doctest case of `target` becomes one CTest case. It counts as skipped when it prints
# "SKIPPED: reason" (base/skip_test.h), and as failed when its name selected no case at all.
function(dcx_tests target)
  if(DCX_SANITIZE)
    # The macros of test cases are what optimising under sanitizers takes longest for; the code they test is optimised.
    get_target_property(joined ${target} UNITY_BUILD)
    if(joined)
      # All sources are cases, and one with options of its own would not be joined.
      target_compile_options(${target} PRIVATE ${DCX_QUICKLY_COMPILED})
    else()
      get_target_property(cases ${target} SOURCES)
      list(FILTER cases INCLUDE REGEX "_test\\.cpp$")
      set_source_files_properties(${cases} PROPERTIES COMPILE_OPTIONS "${DCX_QUICKLY_COMPILED}")
    endif()
  endif()
  target_link_libraries(${target} PRIVATE dcx_doctest_main)
  doctest_discover_tests(${target} TEST_PREFIX "${target}: " PROPERTIES
    SKIP_REGULAR_EXPRESSION "SKIPPED: "
    FAIL_REGULAR_EXPRESSION "test cases: +0 "
    ENVIRONMENT DCX_REPOSITORY=${CMAKE_SOURCE_DIR} ${ARGN})
endfunction()

# dcx_tests_over_epoll(target): the same cases once more, over the backend that is not chosen by itself where the kernel has
# io_uring.
function(dcx_tests_over_epoll target)
  doctest_discover_tests(${target} TEST_PREFIX "${target} over epoll: " EXTRA_ARGS --no-version=true PROPERTIES
    SKIP_REGULAR_EXPRESSION "SKIPPED: "
    FAIL_REGULAR_EXPRESSION "test cases: +0 "
    ENVIRONMENT "DCX_REPOSITORY=${CMAKE_SOURCE_DIR};DCX_NET_BACKEND=epoll")
endfunction()

# dcx_python_test(name script [arguments]): one CTest case. The script finds the repository and the program as users get
# it (build/release/dcx) in its environment, and is skipped when it prints "SKIPPED: reason".
function(dcx_python_test name script)
  add_test(NAME ${name} COMMAND ${DCX_PYTHON} ${script} ${ARGN})
  set_tests_properties(${name} PROPERTIES
    SKIP_REGULAR_EXPRESSION "SKIPPED: "
    ENVIRONMENT "DCX_REPOSITORY=${CMAKE_SOURCE_DIR};DCX_PROGRAM=${CMAKE_SOURCE_DIR}/build/release/dcx;PYTHONDONTWRITEBYTECODE=1")
endfunction()

# dcx_server_test(name target SERVERS postgres redis [STORE postgresql] [ARGS doctest arguments]): a doctest program as one
# CTest case with private servers beside it (tests/servers), label "server"; skipped with the reason where one is not installed.
function(dcx_server_test name target)
  cmake_parse_arguments(ARG "" "STORE" "SERVERS;ARGS" ${ARGN})
  set(store)
  if(ARG_STORE)
    set(store --store ${ARG_STORE})
  endif()
  add_test(NAME ${name} COMMAND ${DCX_PYTHON} ${CMAKE_SOURCE_DIR}/tests/servers/with_servers.py ${store} ${ARG_SERVERS} --
    $<TARGET_FILE:${target}> ${ARG_ARGS})
  set_tests_properties(${name} PROPERTIES
    LABELS server
    SKIP_REGULAR_EXPRESSION "SKIPPED: "
    FAIL_REGULAR_EXPRESSION "test cases: +0 "
    ENVIRONMENT "DCX_REPOSITORY=${CMAKE_SOURCE_DIR};PYTHONDONTWRITEBYTECODE=1")
endfunction()

function(dcx_fuzz_targets folder)
  file(GLOB_RECURSE fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*_fuzz.cpp)
  foreach(source ${fuzzers})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE dcx_${folder} dcx_options)
    set(corpus ${CMAKE_SOURCE_DIR}/tests/corpus/${name})
    if(DCX_FUZZ)
      target_link_options(${name} PRIVATE -fsanitize=fuzzer)
      add_test(NAME "fuzz corpus: ${name}" COMMAND ${name} -runs=0 ${corpus})
    else()
      target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/corpus_replay_main.cpp)
      add_test(NAME "fuzz corpus: ${name}" COMMAND ${name} ${corpus})
    endif()
  endforeach()
endfunction()

# dcx_folder(name DEPS other folders EXTERNAL libraries [JOINED_TESTS] [BOTH_BACKENDS])
# BOTH_BACKENDS: its tests talk over sockets, and run a second time over the other backend of src/net.
# JOINED_TESTS: under sanitizers several test sources are compiled as one, which for tests that share large templates takes
# less than half of the time; so their unnamed namespaces must get along.
function(dcx_folder folder)
  cmake_parse_arguments(ARG "JOINED_TESTS;BOTH_BACKENDS" "" "DEPS;EXTERNAL" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(TRANSFORM ARG_DEPS PREPEND dcx_ OUTPUT_VARIABLE deps)
  if(sources)
    add_library(dcx_${folder} STATIC ${sources})
    target_link_libraries(dcx_${folder} PUBLIC ${deps} ${ARG_EXTERNAL} PRIVATE dcx_options)
    target_include_directories(dcx_${folder} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  else()
    add_library(dcx_${folder} INTERFACE)
    target_link_libraries(dcx_${folder} INTERFACE ${deps} ${ARG_EXTERNAL})
    target_include_directories(dcx_${folder} INTERFACE ${CMAKE_SOURCE_DIR}/src)
  endif()
  if(tests AND BUILD_TESTING)
    add_executable(dcx_${folder}_test ${tests})
    target_link_libraries(dcx_${folder}_test PRIVATE dcx_${folder} dcx_options)
    if(ARG_JOINED_TESTS AND DCX_SANITIZE)
      set_target_properties(dcx_${folder}_test PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    endif()
    dcx_tests(dcx_${folder}_test)
    if(ARG_BOTH_BACKENDS)
      dcx_tests_over_epoll(dcx_${folder}_test)
    endif()
  endif()
  if(BUILD_TESTING)
    dcx_fuzz_targets(${folder})
  endif()
endfunction()

# dcx_program(name folder DEPS folders): the folder as a library (so that its parts can be tested) plus its main.cpp.
function(dcx_program name folder)
  cmake_parse_arguments(ARG "" "" "DEPS;EXTERNAL" ${ARGN})
  set(main ${CMAKE_SOURCE_DIR}/src/${folder}/main.cpp)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cpp)
  if(NOT EXISTS ${main})
    return()
  endif()
  set(tests ${sources})
  # The program parses, prints and wires: to optimise it takes a third of a build and gains nothing. What it measures is
  # optimised.
  set(unmeasured ${sources})
  list(FILTER unmeasured EXCLUDE REGEX "(_test|_fuzz|workload_run|bench_measures)\\.cpp$")
  if(DCX_SANITIZE)
    set_source_files_properties(${unmeasured} PROPERTIES COMPILE_OPTIONS "${DCX_QUICKLY_COMPILED}")
  else()
    set_source_files_properties(${unmeasured} PROPERTIES COMPILE_OPTIONS -O1)
  endif()
  list(REMOVE_ITEM sources ${main})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(TRANSFORM ARG_DEPS PREPEND dcx_ OUTPUT_VARIABLE deps)
  if(sources)
    add_library(dcx_${folder} STATIC ${sources})
    target_link_libraries(dcx_${folder} PUBLIC ${deps} ${ARG_EXTERNAL} PRIVATE dcx_options)
    target_include_directories(dcx_${folder} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  else()
    add_library(dcx_${folder} INTERFACE)
    target_link_libraries(dcx_${folder} INTERFACE ${deps} ${ARG_EXTERNAL})
  endif()
  add_executable(${name} ${main})
  target_link_libraries(${name} PRIVATE dcx_${folder} dcx_options)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  if(tests AND BUILD_TESTING)
    add_executable(dcx_${folder}_test ${tests})
    target_link_libraries(dcx_${folder}_test PRIVATE dcx_${folder} dcx_options)
    dcx_tests(dcx_${folder}_test)
  endif()
  if(BUILD_TESTING)
    dcx_fuzz_targets(${folder})
  endif()
endfunction()
