#!/usr/bin/env bash
# The day a GPU is there: builds against the PyTorch found here, runs what only a GPU can prove, and writes the tables.
# At most ten minutes: a part that would go over is stopped, and says so.
#
#   bench/gpu_day.sh [folder for the results]           default: artifacts/gpu-day
#   PUBLISHED=<checkout of the published code> JTR_PYTHON=python3 bench/gpu_day.sh
#
# Without a GPU every part of it says "not here", and the CUDA kernels run on the CPU instead (native/emulated).
set -uo pipefail

root="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)"
out="$(realpath -m "${1:-$root/artifacts/gpu-day}")"
python="${JTR_PYTHON:-python3}"
published="${PUBLISHED:-}"
limit="${JTR_SECONDS:-600}"
cd "$root" || exit 1
mkdir -p "$out"
table="$out/table.md"
failures=0

has() { command -v "$1" >/dev/null 2>&1; }
say() { printf '\n== %s (%d s of %d)\n' "$*" "$SECONDS" "$limit"; }
row() { printf '| %s | %s | %s |\n' "$1" "$2" "$3" >>"$table"; }

# part <name> <most seconds> <command>...: runs it, its output in a file; a line of the table says how it ended.
part() {
  local name="$1" most="$2" left=$((limit - SECONDS)) status=0 begin=$SECONDS log
  shift 2
  log="$out/${name// /-}.txt"
  if ((left < 5)); then
    row "$name" 'no time left' ''
    return 1
  fi
  say "$name"
  timeout $((most < left ? most : left)) "$@" >"$log" 2>&1 || status=$?
  tail -n 5 "$log"
  case "$status" in
    0) row "$name" 'done' "$((SECONDS - begin)) s" ;;
    124) row "$name" 'stopped, out of time' "$((SECONDS - begin)) s" ;;
    *)
      row "$name" "failed with status $status; see $(basename "$log")" "$((SECONDS - begin)) s"
      failures=$((failures + 1))
      ;;
  esac
  return "$status"
}

not_here() { row "$1" "not here: $2" ''; }

printf '# A GPU for ten minutes\n\n%s, commit %s\n\n| part | result | time |\n|---|---|---|\n' "$(date -u +%F)" \
  "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" >"$table"

gpu=''
if has nvidia-smi && nvidia-smi -L >/dev/null 2>&1; then
  gpu="$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader | head -n 1)"
fi
if [[ -z "${LIBTORCH:-}" ]]; then
  # PyTorch's own libtorch, and its CUDA.
  LIBTORCH="$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__) if torch.version.cuda else "")' 2>/dev/null)"
  if [[ -n "$LIBTORCH" ]]; then export LIBTORCH; else unset LIBTORCH; fi
fi
jobs="$(nproc)"

# What the machine is.
{
  echo "GPU: ${gpu:-none}"
  echo "libtorch: ${LIBTORCH:-the one of the system}"
  has nvcc && nvcc --version | tail -n 2
  "$python" -c 'import torch; print("PyTorch", torch.__version__, "CUDA", torch.version.cuda, "cuDNN", torch.backends.cudnn.version())'
} >"$out/machine.txt" 2>/dev/null
cat "$out/machine.txt"

why=''
if [[ -z "$gpu" ]]; then
  why='nvidia-smi shows no GPU'
elif [[ -z "${LIBTORCH:-}" ]]; then
  why="$python has no PyTorch with CUDA, and LIBTORCH names none"
elif ! has nvcc && [[ -z "${CUDACXX:-}" ]]; then
  why='there is no nvcc'
fi

if [[ -n "$why" ]]; then
  for name in 'build with CUDA' 'CUDA tests' 'golden numbers on the GPU' 'published step' 'step in TF32 and bfloat16' profile; do
    not_here "$name" "$why"
  done
  # What can be tried without: the same kernels, on the CPU.
  if [[ -x build/release/jtr_cuda_emulated_tests ]]; then
    emulated=build/release/jtr_cuda_emulated_tests
  elif [[ -x build/emulated/jtr_cuda_emulated_tests ]]; then
    emulated=build/emulated/jtr_cuda_emulated_tests
  elif part 'build of the emulated kernels' 420 bash -c "cmake -S . -B build/emulated -G Ninja -DCMAKE_BUILD_TYPE=Release \
      -DJTR_CUDA=EMULATE -DJTR_TESTS=ON -DJTR_ARTIFACT_DIR= && cmake --build build/emulated --target jtr_cuda_emulated_tests"; then
    emulated=build/emulated/jtr_cuda_emulated_tests
  else
    emulated=''
  fi
  if [[ -n "$emulated" ]]; then part 'CUDA kernels on the CPU' 300 "$emulated" '--gtest_filter=*Emulated*-*Long*'; fi
else
  build=build/gpu-day
  if part 'build with CUDA' 330 bash -c "cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DJTR_CUDA=ON -DJTR_TESTS=ON \
      -DJTR_BENCH=ON -DJTR_ARTIFACT_DIR= -DCMAKE_CUDA_ARCHITECTURES=native && cmake --build $build --parallel $jobs"; then
    # First what is cheap and decides whether the rest means anything.
    part 'CUDA tests' 120 "$build/jtr_tests" '--gtest_filter=*Cuda*:*OnGpu*:*OnAnyGpu*'
    part 'golden numbers on the GPU' 60 "$build/jtr_tests" '--gtest_filter=*Golden*'
    for size in 64x96 288x384; do
      for precision in float32 bfloat16; do
        part "our step $size $precision" 30 "$build/jtr_step" --device cuda --precision "$precision" --height "${size%x*}" \
          --columns "${size#*x}" --steps 20 --warm-up 5
      done
    done
    if [[ -n "$published" ]]; then
      part 'published step' 120 "$python" bench/published/compare.py --published "$published" --step "$build/jtr_step" \
        --device cuda --cases nyuv2:4:64x96,nyuv2:4:288x384 --steps 20 --precision float32,bfloat16 --json "$out/published.json"
    else
      not_here 'published step' 'PUBLISHED names no checkout of the published code'
    fi
    if has nsys; then
      part profile 60 nsys profile --stats=true --force-overwrite=true --output "$out/step" "$build/jtr_step" --device cuda \
        --precision bfloat16 --height 288 --columns 384 --steps 5 --warm-up 3
    else
      not_here profile 'there is no nsys'
    fi
  fi
fi
part 'model on paper' 10 "$python" bench/gpu_model.py

printf '\n' >>"$table"
cat "$out/machine.txt" >>"$table"
for log in "$out"/our-step-*.txt "$out/published-step.txt" "$out/model-on-paper.txt"; do
  [[ -f "$log" ]] && printf '\n## %s\n\n%s\n' "$(basename "$log" .txt)" "$(cat "$log")" >>"$table"
done
say "results: $table"
((failures == 0))
