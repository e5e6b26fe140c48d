# The configuration says for which instruction sets the kernels are compiled, and does not fail where it is one.
include("${CMAKE_CURRENT_LIST_DIR}/support.cmake")

configure(status text -DJTR_CUDA=OFF "-DCMAKE_CXX_FLAGS=-fsanitize=address")
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${text}")
endif()
expect_match("${text}" "kernels: for the baseline alone .*no sanitizer")

# An older GCC, if there is one: it knows no x86-64-v4.
find_program(OLDER_GCC NAMES g++-11 g++-10 g++-9)
if(OLDER_GCC)
  configure(status text -DJTR_CUDA=OFF "-DCMAKE_CXX_COMPILER=${OLDER_GCC}")
  expect_match("${text}" "kernels: for the baseline alone .*this is GNU (9|10|11)\\.")
endif()
