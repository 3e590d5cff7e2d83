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

# What one checkout has compiled another takes from ccache, if it is there. Paths are counted from the
# checkout's root, so that it does not matter where that is. Not with --coverage, whose notes name the folder they were made in.
find_program(SLUICE_CCACHE ccache)
mark_as_advanced(SLUICE_CCACHE)
string(FIND "${CMAKE_CXX_FLAGS}" "--coverage" at)
if(SLUICE_CCACHE AND at EQUAL -1 AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
                                  "${SLUICE_CCACHE}")
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

option(SLUICE_UNITY "Compile the tests of a folder as one unit, and models together; OFF while you edit one of them" ON)
set(SLUICE_MODEL_PROGRAMS 2) # of each engine

# sluice_unit(<variable> <name> <source>...): a source that includes all these, by their names from the root on, so that it is
# the same in each checkout; each may have a main, which has another name there.
function(sluice_unit variable name)
  set(unit "${CMAKE_CURRENT_BINARY_DIR}/${name}_unit.cpp")
  set(text)
  foreach(source IN LISTS ARGN)
    get_filename_component(main "${source}" NAME_WE)
    file(RELATIVE_PATH source "${PROJECT_SOURCE_DIR}" "${source}")
    string(APPEND text "#define main ${main}_main\n#include \"${source}\"\n#undef main\n")
  endforeach()
  file(GENERATE OUTPUT "${unit}" CONTENT "${text}")
  set(${variable} "${unit}" PARENT_SCOPE)
endfunction()

# sluice_test(<name> <source>...): a GoogleTest program; ctest calls its cases <folder>.<Suite>.<Case>, each in a process of its own.
# SLUICE_TEST_FILTER: which of them ctest knows. Under a sanitizer a process takes several times as long to begin and to end as a case
# takes to run: there SLUICE_TEST_SHARES processes (1) share the cases, and ctest calls them <folder>.<name>.<share>.
function(sluice_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE sluice::sluice GTest::gtest_main)
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O2>) # what -O3 adds is time to compile; bench has it
  get_filename_component(folder "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  add_dependencies(tests ${name})
  if(NOT SLUICE_SANITIZED)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${folder}." TEST_FILTER "${SLUICE_TEST_FILTER}"
      PROPERTIES TIMEOUT 300 LABELS ${folder})
    return()
  endif()
  set(shares 1 ${SLUICE_TEST_SHARES})
  list(GET shares -1 shares)
  foreach(share RANGE 1 ${shares})
    math(EXPR index "${share} - 1")
    add_test(NAME ${folder}.${name}.${share} COMMAND ${name})
    set_tests_properties(${folder}.${name}.${share} PROPERTIES TIMEOUT 600 LABELS ${folder}
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${shares};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

# sluice_tests(<name> <library>...): one sluice_test of all *_test.cpp of this folder, linked to these libraries too, and
# compiled in one unit: what they include, and an explorer that is all inline, costs several times what they say themselves.
function(sluice_tests name)
  file(GLOB sources CONFIGURE_DEPENDS *_test.cpp)
  list(FILTER sources EXCLUDE REGEX "/(all_headers|allocation)_test\\.cpp$") # programs of their own
  if(SLUICE_SANITIZED) # as Relacy, the explorer switches between fibers of its own
    list(FILTER sources EXCLUDE REGEX "/explore_[a-z_]*_test\\.cpp$")
  endif()
  if(SLUICE_UNITY)
    sluice_unit(sources ${name} ${sources})
  endif()
  set(SLUICE_TEST_SHARES 8)
  sluice_test(${name} ${sources})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARGN})
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

# Programs that are compiled for their warnings alone: one unit costs a quarter of what they do. As an OBJECT library, or as an
# EXECUTABLE that nobody runs, which shows that they link.
function(sluice_in_one_unit name kind)
  sluice_unit(unit ${name} ${ARGN})
  if(kind STREQUAL "EXECUTABLE")
    set(main "${CMAKE_CURRENT_BINARY_DIR}/${name}_main.cpp")
    file(GENERATE OUTPUT "${main}" CONTENT "int main() {}\n")
    add_executable(${name} "${unit}" "${main}")
  else()
    add_library(${name} OBJECT "${unit}")
  endif()
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_options(${name} PRIVATE -O0 $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>) # as in sluice_tests
endfunction()

function(sluice_models_in_one_unit engine)
  get_filename_component(folder "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  set(name ${folder}_${engine}_unit)
  sluice_in_one_unit(${name} OBJECT ${ARGN})
  target_link_libraries(${name} PRIVATE sluice_clients)
  sluice_model_options(${name} ${engine})
  add_dependencies(${name} sluice_${engine}_main)
  add_dependencies(models ${name})
endfunction()

# Where they run, most of a program's time to compile is its engine, the same for all. So a few programs hold them, each
# compiled in one unit; what a source is named after is a link to one of these, which looks by what name it was called.
function(sluice_models_in_shared_programs engine)
  get_filename_component(folder "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  set(at 0)
  foreach(source IN LISTS ARGN)
    get_filename_component(name "${source}" NAME_WE)
    math(EXPR share "${at} % ${SLUICE_MODEL_PROGRAMS}")
    list(APPEND sources_${share} "${source}")
    string(APPEND calls_${share} "  if (name == \"${name}\") return ${name}_main(argc, argv);\n")
    list(APPEND names_${share} ${name})
    math(EXPR at "${at} + 1")
  endforeach()
  math(EXPR last "${SLUICE_MODEL_PROGRAMS} - 1")
  foreach(share RANGE ${last})
    set(program ${folder}_${engine}_${share})
    sluice_unit(unit ${program} ${sources_${share}})
    file(GENERATE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/${program}.cpp" CONTENT
"#include \"${program}_unit.cpp\"
#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
  std::string_view name = argv[0];
  name.remove_prefix(name.rfind('/') + 1);
${calls_${share}}  std::cerr << argv[0] << \": called by the name of no program that it holds\\n\";
  return 2;
}
")
    add_executable(${program} "${CMAKE_CURRENT_BINARY_DIR}/${program}.cpp")
    target_include_directories(${program} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${program} PRIVATE sluice_clients sluice_${engine}_main)
    sluice_model_options(${program} ${engine})
    target_compile_options(${program} PRIVATE -Wno-subobject-linkage) # as in sluice_tests
    add_dependencies(models ${program})
    foreach(name IN LISTS names_${share})
      add_custom_command(TARGET ${program} POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink ${program} ${name})
      add_custom_target(${name} DEPENDS ${program})
    endforeach()
  endforeach()
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
  list(LENGTH sources count)
  if(SLUICE_UNITY AND count GREATER SLUICE_MODEL_PROGRAMS)
    sluice_models_in_shared_programs(${engine} ${sources})
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

# sluice_benches(<library>...): each *_bench.cpp of this folder as a Google Benchmark program, linked to these libraries too.
# They stand in bench/, where bench/run.py looks for them. What is measured is what g++ builds, and only ./kit bench asks for it;
# `all` has them in one unit, by either compiler.
function(sluice_benches)
  file(GLOB sources CONFIGURE_DEPENDS *_bench.cpp)
  get_filename_component(folder "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  set(unit ${folder}_benches)
  sluice_in_one_unit(${unit} EXECUTABLE ${sources})
  set(programs)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    foreach(source IN LISTS sources)
      get_filename_component(name "${source}" NAME_WE)
      add_executable(${name} EXCLUDE_FROM_ALL "${source}")
      set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
      add_dependencies(benches ${name})
      list(APPEND programs ${name})
    endforeach()
  endif()
  foreach(name IN LISTS unit programs)
    target_link_libraries(${name} PRIVATE sluice::sluice benchmark::benchmark ${ARGN})
  endforeach()
endfunction()
