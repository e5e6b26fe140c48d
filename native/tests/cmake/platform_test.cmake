# The names of machines, and which compilers go with which OpenMP.
include("${CMAKE_CURRENT_LIST_DIR}/support.cmake")
include(JtrPlatform)

foreach(case "Linux;x86_64;linux-x64" "Linux;amd64;linux-x64" "Linux;aarch64;linux-arm64" "Linux;arm64;linux-arm64"
        "Darwin;arm64;osx-arm64" "Windows;AMD64;win-x64" "Linux;riscv64;linux-riscv64")
  list(GET case 0 CMAKE_SYSTEM_NAME)
  list(GET case 1 CMAKE_SYSTEM_PROCESSOR)
  list(GET case 2 expected)
  jtr_runtime_id(id)
  expect_equal("${id}" "${expected}")
endforeach()

foreach(openmp libgomp.so.1 libgomp-a34b3233.so.1)
  jtr_openmp_problem(Clang ${openmp} problem)
  expect_match("${problem}" "${openmp}.*__kmpc_.*-DCMAKE_CXX_COMPILER=g\\+\\+")
endforeach()
foreach(case "GNU;libgomp.so.1" "GNU;libiomp5.so" "GNU;libomp.so.5" "Clang;libomp.so.5" "Clang;libiomp5.so" "AppleClang;libomp.dylib"
        "Clang;")
  list(GET case 0 compiler)
  list(GET case 1 openmp)
  jtr_openmp_problem("${compiler}" "${openmp}" problem)
  expect_equal("${problem}" "")
endforeach()
