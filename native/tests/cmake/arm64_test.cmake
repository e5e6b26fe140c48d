# A build for arm64 goes where an arm64 process looks, and does without x86-64's instruction sets.
include("${CMAKE_CURRENT_LIST_DIR}/support.cmake")

# CMake takes this machine's compiler for one that compiles for the other: all that is asked here is where things go.
configure(status text -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DJTR_CUDA=OFF)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${text}")
endif()
expect_match("${text}" "artifacts/native/linux-arm64")
