# What a developer's build has and a consumer never sees: warnings as errors, and one function per kind of program.
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)

# Relacy switches between fibers of its own, which no sanitizer follows.
string(FIND "${CMAKE_CXX_FLAGS}" "-fsanitize=" at)
if(at EQUAL -1)
  set(SLUICE_SANITIZED OFF)
else()
  set(SLUICE_SANITIZED ON)
endif()

find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)
find_package(benchmark REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Boost REQUIRED COMPONENTS context)
find_path(SLUICE_RELACY_INCLUDE relacy/context.hpp REQUIRED)
include(GoogleTest)

add_custom_target(models)
add_custom_target(tests)
add_custom_target(benches)
add_custom_target(records)

option(SLUICE_UNITY "Compile the tests of a folder as one unit; OFF while you edit one of them" ON)

# sluice_test(<name> <source>...): a GoogleTest program; ctest calls its cases <folder>.<Suite>.<Case>.
function(sluice_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE sluice::sluice GTest::gtest_main)
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O2>) # what -O3 adds is time to compile; bench has it
  get_filename_component(folder "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${folder}." PROPERTIES TIMEOUT 300 LABELS ${folder})
  add_dependencies(tests ${name})
endfunction()

# sluice_tests(<name> <library>...): one sluice_test of all *_test.cpp of this folder, linked to these libraries too, and
# compiled in one unit: what they include, and an explorer that is all inline, costs several times what they say themselves.
function(sluice_tests name)
  file(GLOB sources CONFIGURE_DEPENDS *_test.cpp)
  list(FILTER sources EXCLUDE REGEX "/all_headers_test\\.cpp$") # has sources of its own
  if(SLUICE_SANITIZED) # as Relacy, the explorer switches between fibers of its own
    list(FILTER sources EXCLUDE REGEX "/explore_[a-z_]*_test\\.cpp$")
  endif()
  sluice_test(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARGN})
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${SLUICE_UNITY} UNITY_BUILD_BATCH_SIZE 0)
  # Without its warning about headers that name what only their unit has: here a unit's sources are included.
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# ./kit verify runs what g++ built; clang compiles it for its warnings, which do not depend on the optimiser. -O1 halves the
# time that g++ takes over Relacy's templates.
function(sluice_model_options target engine)
  target_include_directories(${target} SYSTEM PRIVATE "${SLUICE_RELACY_INCLUDE}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(${target} PRIVATE -O0)
  elseif(engine STREQUAL "relacy")
    target_compile_options(${target} PRIVATE -O1)
  else()
    target_compile_options(${target} PRIVATE -O2)
  endif()
endfunction()

# Where the programs are compiled for the warnings alone, one unit costs a quarter of what they do.
function(sluice_models_in_one_unit engine)
  get_filename_component(folder "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  set(name ${folder}_${engine}_unit)
  add_library(${name} OBJECT ${ARGN})
  set_target_properties(
    ${name}
    PROPERTIES UNITY_BUILD ON
               UNITY_BUILD_BATCH_SIZE 0
               UNITY_BUILD_UNIQUE_ID SLUICE_MAIN
               UNITY_BUILD_CODE_BEFORE_INCLUDE "#define main SLUICE_MAIN"
               UNITY_BUILD_CODE_AFTER_INCLUDE "#undef main")
  target_link_libraries(${name} PRIVATE sluice_clients)
  sluice_model_options(${name} ${engine})
  add_dependencies(${name} sluice_${engine}_main)
  add_dependencies(models ${name})
endfunction()

# sluice_models(<pattern>): each source that matches, the clients of one structure under one engine (Relacy or the
# explorer), as a program called like it.
function(sluice_models pattern)
  if(SLUICE_SANITIZED)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${pattern}")
  string(REGEX MATCH "[a-z]+\\.cpp$" engine "${pattern}") # relacy or explore
  string(REPLACE ".cpp" "" engine "${engine}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    sluice_models_in_one_unit(${engine} ${sources})
    return()
  endif()
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME_WE)
    add_executable(${name} "${source}")
    target_link_libraries(${name} PRIVATE sluice_clients sluice_${engine}_main)
    sluice_model_options(${name} ${engine})
    add_dependencies(models ${name})
  endforeach()
endfunction()

# sluice_records(<pattern>): each source that matches, which tells the operations of one structure to ./kit prove.
function(sluice_records pattern)
  file(GLOB sources CONFIGURE_DEPENDS "${pattern}")
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME_WE)
    add_executable(${name} "${source}")
    target_link_libraries(${name} PRIVATE sluice_clients)
    target_compile_options(${name} PRIVATE -O0) # it runs for a millisecond
    add_dependencies(records ${name})
  endforeach()
endfunction()

# sluice_bench(<name>): bench/<name>.cpp, a Google Benchmark program.
function(sluice_bench name)
  add_executable(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE sluice::sluice benchmark::benchmark)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang") # for its warnings alone: g++'s are measured
    target_compile_options(${name} PRIVATE -O0)
  endif()
  add_dependencies(benches ${name})
endfunction()
