# Clang beside a libtorch of GNU's OpenMP is refused with the reason, not when everything is linked.
include("${CMAKE_CURRENT_LIST_DIR}/support.cmake")

find_program(CLANG NAMES clang++ clang++-20 clang++-19 clang++-18 clang++-17 clang++-16 clang++-15 clang++-14)
if(NOT CLANG)
  message("SKIPPED: there is no clang++ on this machine")
  return()
endif()
configure(status text "-DCMAKE_CXX_COMPILER=${CLANG}" -DJTR_CUDA=OFF)
if(status EQUAL 0)
  message("SKIPPED: this libtorch does not run in GNU's OpenMP")
  return()
endif()
expect_match("${text}" "libgomp.*__kmpc_.*Compile with g\\+\\+")
