#!/usr/bin/env bash
# The two commands, ./build.sh demo and ./build.sh test, and what they are made of. ./build.sh help lists all.
#
# Each one finds what it needs, or installs it (Debian and its kin, as root or with passwordless sudo), or says what to
# run and stops. Nothing is downloaded but the distribution's packages and the NuGet packages of the managed projects.
set -euo pipefail

# Paths that the caller gave are relative to the caller's folder; everything else below is relative to this file's.
readonly caller="$PWD"
for variable in LIBTORCH JTR_GOLDEN; do
  [[ -z "${!variable:-}" ]] || export "$variable=$(realpath -m "${!variable}")"
done
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
readonly root="$PWD"

readonly solution=Jtr.Interop.sln
readonly results=artifacts/test-results
# The packages that programs reference.
readonly -a libraries=(Jtr.Interop Jtr.Interop.Datasets Jtr.Interop.Reporting Jtr.Interop.Hosting)

# Where the native build puts libjtr: under the name of this machine's kind, as .NET says it.
case "$(uname -m)" in
  x86_64) readonly native=artifacts/native/linux-x64 ;;
  aarch64) readonly native=artifacts/native/linux-arm64 ;;
  *) readonly native="artifacts/native/linux-$(uname -m)" ;;
esac

usage() {
  cat <<'TEXT'
usage: ./build.sh <command> [arguments]

  demo [--quick ...]   train on the built-in scenes, supervised and JTR; results under artifacts/demo
  test                 run every test, native and managed; the last line counts them
  test-cuda-emulated   run the CUDA kernels on the CPU: all tests of kernels, layers and methods, in several orders of
                       threads, then the kernels under the address and undefined-behaviour sanitizers
  cuda-link [folder]   compile and link libjtr with CUDA in a Debian 13 of its own (as root; 10 GB, 20 minutes and more)
  bench [options]      time a training step; with --published FOLDER, a checkout of the published code, beside that one's
                       (further options: bench/published/compare.py --help)
  native [preset]      build the native library (release; debug, asan, tsan, cuda build the tests too)
  managed              build the managed solution
  pack [suffix]        make the NuGet packages in artifacts/packages; with a suffix, of a pre-release: pack rc.1
  pack-runtime FOLDER  make the package of the libjtr in a folder that another machine built (libjtr.so and libjtr.txt)
  api                  write the lists of what the libraries make public (PublicAPI.Unshipped.txt) anew
  docs                 write the API reference (docs/api) anew from the XML documentation
  format [--check]     lay out C++ (clang-format) and C# (CSharpier, 140 columns), or check that they are
  clean                delete what was built (results under artifacts/demo stay)
  help                 show this

libtorch is taken from the folder in the environment variable LIBTORCH, else from CMAKE_PREFIX_PATH, else from the
system (Debian: the package libtorch-dev). With JTR_GOLDEN set, test also reads the golden files of that folder.
TEXT
}

say() { printf '\n== %s\n' "$*"; }

stop() {
  {
    echo
    printf '%s\n' "$@"
  } >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# ---------------------------------------------------------------------------------------------------------------------
# What must be on the machine
# ---------------------------------------------------------------------------------------------------------------------

# Debian packages to install; empty when nothing is missing.
packages=()
# The same in words, for machines without apt-get.
missing=()

need() {  # need <words> <package>...
  missing+=("$1")
  packages+=("${@:2}")
}

version_at_least() {  # version_at_least <wanted> <found>
  [[ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" == "$1" ]]
}

find_compiler() {
  has "${CXX:-c++}" || has g++ || has clang++ || need 'a C++17 compiler with OpenMP, such as g++' g++
  if ! has cmake || ! version_at_least 3.22 "$(cmake --version | sed -n 's/^cmake version //p')"; then
    need 'CMake 3.22 or newer' cmake
  fi
  has ninja || need 'Ninja' ninja-build
}

# Whether one of the folders holds a file, given by its path in there; several paths are choices.
holds() {  # holds <path>... -- <folder>...
  local -a paths=()
  local folder path
  while [[ "$1" != -- ]]; do
    paths+=("$1")
    shift
  done
  for folder in "${@:2}"; do
    for path in "${paths[@]}"; do
      if [[ -f "$folder/$path" ]]; then return 0; fi
    done
  done
  return 1
}

# The folders that CMake searches besides LIBTORCH.
prefixes=()
IFS=: read -ra prefixes <<<"${CMAKE_PREFIX_PATH:-}"
prefixes+=(/usr/local /usr)

find_libraries() {
  local -a torch=({share,lib,"lib/$(uname -m)-linux-gnu"}/cmake/Torch/TorchConfig.cmake)
  if [[ -n "${LIBTORCH:-}" ]]; then
    holds "${torch[@]}" -- "$LIBTORCH" ||
      stop "LIBTORCH=$LIBTORCH holds no libtorch: share/cmake/Torch/TorchConfig.cmake is not there." \
        "Name the folder that holds include, lib and share of libtorch, or unset LIBTORCH to use the system's."
  else
    holds "${torch[@]}" -- "${prefixes[@]}" ||
      need 'libtorch 1.13 or newer (or its folder in the environment variable LIBTORCH)' libtorch-dev
    # Debian's libtorch has c10d, by which processes train together, but leaves Gloo's headers to another package.
    holds include/gloo/algorithm.h -- "${prefixes[@]}" || need "Gloo's headers, for training on many processes" libgloo-dev
  fi
  holds include/nlohmann/json.hpp -- "${prefixes[@]}" || need 'the JSON library nlohmann/json.hpp' nlohmann-json3-dev
}

find_googletest() {
  holds include/gtest/gtest.h -- "${prefixes[@]}" || need 'GoogleTest' libgtest-dev
  holds include/zlib.h -- "${prefixes[@]}" || need 'zlib, with which the native tests read golden files' zlib1g-dev
}

# What the .NET SDK links programs with that are compiled ahead of time: the package tests make one.
find_linker() {
  has clang || has gcc || need 'a C compiler to link with, such as gcc' gcc
  holds include/zlib.h -- "${prefixes[@]}" || need 'zlib, to link with' zlib1g-dev
}

# A browser, in which tests look at reports. Not a reason to stop: where it may not be installed, those tests are skipped and
# say so.
find_browser() {
  local name
  for name in chromium chromium-headless-shell chromium-browser google-chrome; do
    if has "$name"; then return 0; fi
  done
  if has apt-get && { ((EUID == 0)) || { has sudo && sudo -n true 2>/dev/null; }; }; then
    need 'a browser to look at reports in, such as Chromium' chromium fonts-dejavu-core
  else
    echo 'There is no browser, so the tests that look at reports in one are skipped: apt-get install chromium'
  fi
}

# The SDK is the one thing that is not installed from here: Debian has no package of it.
find_dotnet() {
  if ! has dotnet && [[ -x "${DOTNET_ROOT:-$HOME/.dotnet}/dotnet" ]]; then
    export PATH="${DOTNET_ROOT:-$HOME/.dotnet}:$PATH"
  fi
  has dotnet || stop 'Missing: the .NET 10 SDK (the program dotnet is not on the PATH).' \
    'Install it as https://learn.microsoft.com/dotnet/core/install/linux says, and try again.'
  export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
  # A bare machine has no ICU, without which dotnet starts only when told to do without the cultures' data (and, for the
  # build tools' translated messages, to know their names still).
  local problem
  if ! problem="$(dotnet --version 2>&1)"; then
    if [[ "$problem" == *ICU* ]]; then
      export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_SYSTEM_GLOBALIZATION_PREDEFINED_CULTURES_ONLY=0
      problem="$(dotnet --version 2>&1)" && return
    fi
    stop 'The .NET SDK that global.json asks for (10.0) does not run. dotnet says:' "$problem"
  fi
}

# Installs what find_* found missing, saying what it runs; without the right to, says what to run and stops.
install_missing() {
  ((${#missing[@]})) || return 0
  printf '\nMissing:\n'
  printf '  - %s\n' "${missing[@]}"
  has apt-get || stop 'This machine has no apt-get: install them as your distribution does, and try again.'

  # Of use but not needed, and so never a reason to install: ccache keeps compiled files; OpenBLAS, in the variant that
  # runs in libtorch's OpenMP threads, takes the place of the reference BLAS that libtorch-dev brings (in double, where
  # convolutions are matrix products, a training step takes a quarter of the time).
  has ccache || packages+=(ccache)
  if [[ " ${packages[*]} " == *' libtorch-dev '* ]]; then packages+=(libopenblas0-openmp); fi

  local -a install=(apt-get install -y --no-install-recommends "${packages[@]}")
  local -a as_root
  if ((EUID == 0)); then
    as_root=(env DEBIAN_FRONTEND=noninteractive)
  elif has sudo && sudo -n true 2>/dev/null; then
    as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive)
  else
    stop 'That takes root, which this user is not. Run this as root, then try again:' \
      "    apt-get update && ${install[*]}"
  fi

  say "${as_root[*]} apt-get update"
  "${as_root[@]}" apt-get update -q ||
    echo 'apt-get update failed; going on with the package lists that are there.'
  say "${as_root[*]} ${install[*]}"
  # Wait for another apt that is at work, as on a machine that has just started.
  "${as_root[@]}" "${install[@]}" -q -o DPkg::Lock::Timeout=300 ||
    stop 'The installation failed (see above). When it is mended, or the packages are installed otherwise, try again:' \
      "    apt-get update && ${install[*]}"
}

set_up() {  # set_up [native] [tests] [browser] [bench] [managed]
  local part
  for part in "$@"; do
    case "$part" in
      native)
        find_compiler
        find_libraries
        ;;
      tests)
        find_googletest
        find_linker
        ;;
      browser) find_browser ;;
      bench)
        "${JTR_PYTHON:-/usr/bin/python3}" -c 'import numpy' 2>/dev/null || need 'Python 3 with NumPy' python3-numpy
        ;;
      managed)
        find_dotnet
        # NuGet packages come over TLS.
        compgen -G '/etc/ssl/certs/*' >/dev/null || need 'the certificates of the web' ca-certificates
        ;;
    esac
  done
  install_missing
}

# ---------------------------------------------------------------------------------------------------------------------
# Builds
# ---------------------------------------------------------------------------------------------------------------------

# As many compilers at once as there are cores, but no more than memory holds: one takes up to 1.5 GB on libtorch.
compile_jobs() {
  local cores memory
  cores="$(nproc)"
  memory="$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)"
  ((memory < 1)) && memory=1
  echo $((cores < memory ? cores : memory))
}

build_native() {  # build_native <preset> <tests: ON or OFF>
  say "native library ($1)"
  local log
  if ! log="$(cmake --preset "$1" "-DJTR_TESTS=$2" 2>&1)"; then
    printf '%s\n' "$log"
    return 1
  fi
  grep -E '^-- (libtorch|ccache|CUDA|kernels):' <<<"$log" || true
  cmake --build --preset "$1" --parallel "$(compile_jobs)"
}

build_managed() {  # build_managed <solution or project>
  say "managed code (${1##*/})"
  dotnet build "$1" -c Release --nologo -v minimal
}

# ---------------------------------------------------------------------------------------------------------------------
# Tests
# ---------------------------------------------------------------------------------------------------------------------

passed=0
failed=0
skipped=()

# A step that ends without results, as in a crash, counts as one failure, so that the last line never lies.
crashed() {
  echo "$1 (counted as one failure)"
  failed=$((failed + 1))
}

attribute() {  # attribute <name> <XML element>: the number there, 0 where there is none
  local number
  number="$(sed -nE "s/.* $1=\"([0-9]+)\".*/\1/p" <<<"$2")"
  echo "${number:-0}"
}

# Twice: by the widest instructions that libtorch finds here and, in another order and with one thread, by those that the next machine
# may have. Side by side, as most tests keep one core busy; threads that wait for each other do not spin.
native_tests() {
  build_tests
  local other=avx2 status=0 beside
  if ! grep -qw avx512f /proc/cpuinfo; then other=default; fi
  export OMP_WAIT_POLICY=passive
  # What several processes do among themselves is the same with all kernels: the other suite's to run.
  ATEN_CPU_CAPABILITY="$other" OMP_NUM_THREADS=1 run_suite "native-$other" build/release/jtr_tests --gtest_shuffle \
    "--gtest_filter=-SameNumbers.*:Start.*:GivenUp.*:*/Lost.*" >/dev/null &
  beside=$! # now: process substitutions set it too
  native_suite "libtorch's kernels: best" native-best build/release/jtr_tests
  say "native tests (libtorch's kernels: $other)"
  wait "$beside" || status=$?
  shown_lines "$results/native-$other.log"
  count_suite "libtorch's kernels: $other" "native-$other" build/release/jtr_tests "$status"
  # A build with nvcc has the GPU's own instead.
  if [[ -x build/release/jtr_cuda_emulated_tests ]]; then emulated_suite 0 build/release "$emulated_kernels-*EmulatedLong*"; fi
  unset OMP_WAIT_POLICY
}

# The tests of the emulation, and the kernels' own of native/tests with the CUDA kernels in the place of the CPU's.
readonly emulated_kernels='*Emulated*:*NormRelu*:*JointKernels*:*JointMath*:*Formulas*'
# Those whose kernels are part of more: layers, and MTPSL's golden files.
readonly emulated_layers='*Layers*:*Convolutions*:*Golden*'

# How many of the emulated tests ran and passed, the last line of the tests says.
emulated=0

emulated_suite() {  # emulated_suite <order of threads> <build folder> <filter>
  local before="$passed"
  JTR_EMULATED_ORDER="$1" native_suite "CUDA kernels emulated on the CPU, order $1" "emulated-${2##*/}-$1" "$2/jtr_cuda_emulated_tests" \
    "--gtest_filter=$3"
  emulated=$((emulated + passed - before))
}

# Of the build's own rules: which compilers and machines it takes.
build_tests() {
  say 'build tests'
  local script log
  for script in native/tests/cmake/*_test.cmake; do
    if ! log="$(cmake -P "$script" 2>&1)"; then
      printf '%s: %s\n' "$script" "$log"
      failed=$((failed + 1))
    elif [[ "$log" == *'SKIPPED: '* ]]; then
      skipped+=("$(basename "$script"): ${log#*SKIPPED: }")
    else
      passed=$((passed + 1))
    fi
  done
}

native_suite() {  # native_suite <words> <name of the log> <program> [option of the tests]...
  local status=0
  say "native tests ($1)"
  run_suite "${@:2}" | shown_lines || status=$?
  count_suite "${@:1:3}" "$status"
}

run_suite() {  # run_suite <name of the log> <program> [option of the tests]...
  "$2" "${@:3}" 2>&1 | tee "$results/$1.log"
}

# Failures and skips. The log has it all, so that a crash can be put to its test.
shown_lines() {
  sed -u -E '/^(\[ RUN|\[       OK|\[---|$)/d' "$@"
}

count_suite() {  # count_suite <words> <name of the log> <program> <its exit status>
  local log="$results/$2.log" status="$4" good bad names=() program
  program="$(basename "$3")"
  # "[  FAILED  ] Suite.Name (3 ms)" ends a test; the same without a time is the list at the end.
  good="$(grep -cE '\[       OK \] .* \([0-9]+ ms\)$' "$log" || true)"
  bad="$(grep -cE '\[  FAILED  \] .* \([0-9]+ ms\)$' "$log" || true)"
  mapfile -t names < <(sed -nE 's/.*\[  SKIPPED \] (.*) \([0-9]+ ms\)$/\1/p' "$log")
  passed=$((passed + good))
  failed=$((failed + bad))
  skipped+=("${names[@]/#/native ($1): }")
  if ((status != 0 && bad == 0 || status >= 128)); then
    crashed "$program ended with exit status $status in $(sed -nE 's/.*\[ RUN      \] //p' "$log" | tail -n 1)"
  elif ((good + bad == 0)); then
    crashed "$program ran no tests"
  fi
}

managed_tests() {
  local project
  for project in tests/*/*.csproj; do
    if grep -q 'Microsoft.NET.Test.Sdk' "$project"; then managed_project_tests "$project"; fi
  done
}

managed_project_tests() {  # managed_project_tests <project>
  local name status=0 report counters all executed good names=()
  name="$(basename "$1" .csproj)"
  say "managed tests ($name)"
  report="$results/$name.trx"
  # --blame names the test that was running when the process crashed.
  dotnet test "$1" -c Release --no-build --nologo --blame \
    --logger "trx;LogFileName=$name.trx" --results-directory "$results" || status=$?
  # The report's own "failed" leaves out timeouts and aborts, and its "notExecuted" is always 0.
  counters="$(grep -o '<Counters [^>]*>' "$report" 2>/dev/null || true)"
  all="$(attribute total "$counters")"
  executed="$(attribute executed "$counters")"
  good="$(attribute passed "$counters")"
  mapfile -t names < <(grep -o '<UnitTestResult [^>]* outcome="NotExecuted"' "$report" 2>/dev/null |
    sed -E 's/.* testName="([^"]*)".*/\1/; s/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g')
  skipped+=("${names[@]/#/$name: }")
  passed=$((passed + good))
  failed=$((failed + executed - good))
  if ((status != 0 && executed == good)); then
    crashed "dotnet test ended with exit status $status"
  elif ((all == 0)); then
    crashed "$name ran no tests"
  fi
}

end_tests() {
  if ((${#skipped[@]})); then
    printf '\n%d skipped:\n' "${#skipped[@]}"
    printf '  - %s\n' "${skipped[@]}"
  fi
  if ((emulated)); then printf '\n%d of those that passed ran CUDA kernels, emulated on the CPU\n' "$emulated"; fi
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}

# ---------------------------------------------------------------------------------------------------------------------
# Commands
# ---------------------------------------------------------------------------------------------------------------------

command_demo() {
  set_up native managed
  build_native release OFF
  build_managed managed/Jtr.Cli
  local -a output=(--output "$root/artifacts/demo")
  if [[ " $* " == *' --output'[\ =]* ]]; then output=(); fi
  # Weights of a network that has seen photographs. Without them, as without a network, the demo begins from nothing.
  dotnet "$root/managed/Jtr.Cli/bin/Release/net10.0/Jtr.Cli.dll" weights get resnet18-imagenet || true
  say 'demo'
  cd "$caller"
  # exec: Ctrl-C reaches the training, which saves and stops, and its exit code is ours.
  exec dotnet "$root/managed/Jtr.Cli/bin/Release/net10.0/Jtr.Cli.dll" demo "${output[@]}" "$@"
}

command_test() {
  set_up native tests browser managed
  rm -rf "$results"
  mkdir -p "$results"
  # Without a fresh library the managed tests would test an old one, or all fail for the want of it.
  if ! build_native release ON; then
    crashed 'The native build failed; no test ran'
  elif ! build_managed "$solution"; then
    native_tests
    crashed 'The managed build failed; its tests did not run'
  else
    native_tests
    make_packages || crashed 'The packages could not be made'
    managed_tests
  fi
  end_tests
}

command_test_cuda_emulated() {
  set_up native tests
  mkdir -p "$results"
  local order
  if build_native release ON; then
    for order in 0 1 7; do emulated_suite "$order" build/release "$emulated_kernels:$emulated_layers"; done
  else
    crashed 'The native build failed; its emulated tests did not run'
  fi
  if build_native cuda-emulated ON; then
    # The generators that libtorch clones leak.
    for order in 0 1 7; do ASAN_OPTIONS=detect_leaks=0 emulated_suite "$order" build/cuda-emulated '*Emulated*-*Long*'; done
  else
    crashed 'The build with sanitizers failed; its emulated tests did not run'
  fi
  end_tests
}

command_cuda_link() {
  exec bench/cuda_link.sh "$@"
}

command_bench() {
  set_up native bench
  build_native bench OFF
  # The system's Python, to which the packages above belong; another one with PyTorch and NumPy may be named.
  local python="${JTR_PYTHON:-/usr/bin/python3}"
  local -a only=(--only ours)
  if [[ " $* " == *' --published'[\ =]* ]]; then
    only=()
    "$python" -c 'import torch' 2>/dev/null ||
      stop "$python has no PyTorch, on which the published code runs." \
        'Install it (Debian: apt-get install python3-torch), or name another Python in JTR_PYTHON.'
  fi
  say 'bench'
  cd "$caller"
  exec "$python" "$root/bench/published/compare.py" --step "$root/build/bench/jtr_step" \
    --convolutions "$root/build/bench/jtr_convolutions" "${only[@]}" "$@"
}

command_native() {
  local preset="${1:-release}" tests=ON
  [[ "$preset" == release ]] && tests=OFF
  set_up native
  if [[ "$tests" == ON ]]; then set_up tests; fi
  build_native "$preset" "$tests"
}

command_managed() {
  set_up managed
  build_managed "$solution"
}

# The NuGet packages.
command_pack() {
  set_up native managed
  build_native release OFF
  make_packages "$@"
}

# One with CUDA and one without are as a rule built on two machines; packed they are on one.
command_pack_runtime() {  # command_pack_runtime <folder of libjtr> [folder for the package] [option of dotnet pack]...
  (($#)) || stop 'Name the folder of libjtr.so and libjtr.txt: ./build.sh pack-runtime FOLDER'
  local folder output
  folder="$(cd "$caller" && realpath -m "$1")"
  output="$(cd "$caller" && realpath -m "${2:-$root/artifacts/packages}")"
  local file
  for file in libjtr.so libjtr.txt; do
    [[ -f "$folder/$file" ]] || stop "$folder/$file is not there. ./build.sh native writes both into $native."
  done
  find_dotnet
  pack_runtime "$folder" "$output" -c Release --nologo -v quiet "${@:3}"
}

make_packages() {  # make_packages [suffix]
  local suffix="${1:-}" packages_folder=artifacts/packages
  local -a all=(-c Release --nologo -v quiet ${suffix:+-p:VersionSuffix="$suffix"})
  if git remote get-url origin >/dev/null 2>&1; then all+=(-p:ContinuousIntegrationBuild=true); fi

  say "packages ($packages_folder)"
  rm -rf "$packages_folder"
  local project
  for project in "${libraries[@]}" Jtr.Cli; do
    dotnet pack "managed/$project" "${all[@]}"
  done
  pack_runtime "$root/$native" "$root/$packages_folder" "${all[@]}"
  (cd "$packages_folder" && ls -sh1 ./*.nupkg ./*.snupkg)
}

# Which libtorch a runtime package needs, its libjtr itself says: a distribution's has its version in its name
# (libtorch_cpu.so.1.13), the official one has not, and is in the packages libtorch-*.
pack_runtime() {  # pack_runtime <folder of libjtr> <folder for the package> [option of dotnet pack]...
  local torch cuda cuda_version runtime needed
  torch="$(sed -n 's/^torch //p' "$1/libjtr.txt")"
  cuda="$(sed -n 's/^cuda //p' "$1/libjtr.txt")"
  cuda_version="$(sed -nE 's/^cuda-version ([0-9]+\.[0-9]+).*/\1/p' "$1/libjtr.txt")"
  runtime="$(sed -n 's/^runtime //p' "$1/libjtr.txt")"
  runtime="${runtime:-linux-x64}"
  needed="$(readelf -d "$1/libjtr.so" | sed -nE 's/.*NEEDED.*\[(libtorch_cpu\.so[^]]*)\]/\1/p')"
  local -a properties=(-p:JtrNativeFolder="$1/" -p:JtrRuntime="$runtime" -p:PackageOutputPath="$2" -p:JtrTorch="$torch")
  if [[ "$needed" == libtorch_cpu.so.* ]]; then
    properties+=(-p:JtrTorchSystem="libtorch${needed#libtorch_cpu.so.}")
  elif [[ "$runtime" != linux-x64 ]]; then
    : # There is no package of libtorch for it: the package's description says what to do.
  elif [[ "$cuda" == ON ]]; then
    properties+=(-p:JtrTorchPackage="libtorch-cuda-$cuda_version-linux-x64")
  else
    properties+=(-p:JtrTorchPackage=libtorch-cpu-linux-x64)
  fi
  if [[ "$cuda" == ON ]]; then properties+=(-p:JtrVariant=.cuda); fi
  dotnet pack managed/Jtr.Interop.Runtime "${@:3}" "${properties[@]}"
}

# The analyzer says what is public and not in the lists; empty lists make it say everything. In the order of their
# references, so that each is compiled once.
command_api() {
  set_up managed
  local project log
  log="$(mktemp)"
  for project in "${libraries[@]}"; do printf '#nullable enable\n' >"managed/$project/PublicAPI.Unshipped.txt"; done
  for project in "${libraries[@]}"; do
    say "public API ($project)"
    dotnet build "managed/$project" -c Release --nologo -v quiet -tl:off -clp:NoSummary \
      -p:TreatWarningsAsErrors=false -p:MSBuildTreatWarningsAsErrors=false >"$log" || stop "$(cat "$log")"
    sed -nE "s/.*warning RS0016: Symbol '(.*)' is not part of the declared public API.*/\1/p" "$log" |
      LC_ALL=C sort -u >"managed/$project/PublicAPI.found"
    wc -l <"managed/$project/PublicAPI.found"
  done
  # Not before all are compiled: a list that changes has its project compiled again.
  for project in "${libraries[@]}"; do
    cat "managed/$project/PublicAPI.found" >>"managed/$project/PublicAPI.Unshipped.txt"
    rm "managed/$project/PublicAPI.found"
  done
  rm -f "$log"
}

command_docs() {
  set_up managed
  dotnet run --project docs/Jtr.ApiDocs -c Release -- docs/api
}

command_format() {
  local -a clang=(-i)
  local csharp=format
  if [[ "${1:-}" == --check ]]; then
    clang=(--dry-run --Werror)
    csharp=check
  fi
  has clang-format || need 'clang-format' clang-format
  set_up managed
  find native \( -name '*.h' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' \) -print0 |
    xargs -0 clang-format "${clang[@]}"
  dotnet tool restore
  dotnet csharpier "$csharp" .
}

command_clean() {
  rm -rf build artifacts/native artifacts/packages "$results"
  find bindings managed tests bench docs -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} + 2>/dev/null || true
}

main() {
  local command="${1:-help}"
  (($# == 0)) || shift
  case "$command" in
    demo | test | bench | native | managed | pack | api | docs | format | clean) "command_$command" "$@" ;;
    test-cuda-emulated | cuda-link | pack-runtime) "command_${command//-/_}" "$@" ;;
    help | -h | --help) usage ;;
    *)
      printf 'build.sh: there is no command "%s".\n\n' "$command" >&2
      usage >&2
      exit 2
      ;;
  esac
}

main "$@"
