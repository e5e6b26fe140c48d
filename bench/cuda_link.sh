#!/usr/bin/env bash
# Compiles and links the whole libjtr with CUDA where no CUDA is: in a Debian 13 of its own, made by debootstrap, with its
# libtorch 2.6 and nvcc 12.4. As root. Some 10 GB on the disk and 20 minutes of processor time; no GPU.
#
#   ./build.sh cuda-link [folder]          the folder of that Debian; default: /var/tmp/jtr-cuda-root
#   JTR_CUDA_ARCHITECTURES="90" JTR_JOBS=4 ./build.sh cuda-link
#
# A second run finds the Debian there and only builds. The last lines are the summary for bench/RESULTS.md.
set -euo pipefail

source="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)"
folder="$(realpath -m "${1:-/var/tmp/jtr-cuda-root}")"
mirror="${JTR_DEBIAN_MIRROR:-http://deb.debian.org/debian}"
jobs="${JTR_JOBS:-$(nproc)}"
# The one compiler that both nvcc 12.4 and Debian's libtorch take.
compiler=g++-13
packages="cmake ninja-build $compiler ccache libtorch-cuda-dev nvidia-cuda-toolkit nlohmann-json3-dev libgtest-dev zlib1g-dev"

say() { printf '\n== %s\n' "$*"; }
stop() {
  printf '\ncuda-link: %s\n' "$*" >&2
  exit 1
}

((EUID == 0)) || stop 'debootstrap and chroot take root.'
command -v debootstrap >/dev/null || stop 'debootstrap is not there: apt-get install debootstrap'
free="$(df --output=avail -k "$(dirname "$folder")" | tail -n 1)"
if [[ ! -e "$folder/.jtr-ready" ]] && ((free < 14000000)); then
  stop "$(dirname "$folder") has $((free / 1000000)) GB left; 14 are needed. Name another folder."
fi

inside() { chroot "$folder" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 bash -euo pipefail -c "$1"; }

leave() {
  local place
  for place in source proc dev; do
    if mountpoint -q "$folder/$place"; then umount "$folder/$place"; fi
  done
}
trap leave EXIT

if [[ ! -e "$folder/.jtr-ready" ]]; then
  say "Debian 13 in $folder"
  if [[ ! -x "$folder/bin/bash" ]]; then debootstrap --variant=minbase trixie "$folder" "$mirror"; fi
  printf 'deb %s trixie main contrib non-free non-free-firmware\n' "$mirror" >"$folder/etc/apt/sources.list"
  cp /etc/resolv.conf "$folder/etc/resolv.conf"
  # nvidia-cudnn's package downloads from elsewhere when it is installed; linking needs none of it.
  inside "apt-get update -q && apt-get install -yq --no-install-recommends equivs
    printf 'Package: nvidia-cudnn\nVersion: 99\nProvides: libcudnn9, libcudnn8\n' >/tmp/empty
    cd /tmp && equivs-build empty && dpkg -i nvidia-cudnn_99_all.deb"
  inside "apt-get install -yq --no-install-recommends $packages"
  touch "$folder/.jtr-ready"
fi

mkdir -p "$folder/source" "$folder/proc" "$folder/dev"
mount --bind -o ro "$source" "$folder/source"
mount -t proc proc "$folder/proc"
mount --bind /dev "$folder/dev"

say "libjtr with CUDA ($jobs jobs)"
options="-DCMAKE_BUILD_TYPE=Release -DJTR_CUDA=ON -DJTR_TESTS=ON -DJTR_ARTIFACT_DIR= -DCMAKE_CXX_COMPILER=$compiler"
if [[ -n "${JTR_CUDA_ARCHITECTURES:-}" ]]; then options+=" '-DCMAKE_CUDA_ARCHITECTURES=$JTR_CUDA_ARCHITECTURES'"; fi
begin=$SECONDS
inside "cmake -S /source -B /build -G Ninja $options && cmake --build /build --parallel $jobs"
took=$((SECONDS - begin))

# The summary says what was asked for by what is in the library, not by what the build said.
say 'summary'
inside "
  library=/build/libjtr.so
  architectures=\$(cuobjdump --list-elf \$library | grep -o 'sm_[0-9a-z]*' | sort -u | tr '\n' ' ')
  ptx=\$(cuobjdump --list-ptx \$library | grep -o 'sm_[0-9a-z]*' | sort -u | tr '\n' ' ')
  needed=\$(readelf -d \$library | sed -nE 's/.*NEEDED.*\[(lib(cudart|torch_cuda|c10_cuda)[^]]*)\].*/\1/p' | tr '\n' ' ')
  echo \"compiler      \$($compiler --version | head -n 1)\"
  echo \"nvcc          \$(nvcc --version | grep release)\"
  grep -E '^(torch|cuda)' /build/libjtr.txt
  echo \"machine code  \$architectures\"
  echo \"PTX           \$ptx\"
  echo \"needs         \$needed\"
  [[ -n \"\$architectures\" ]] || { echo 'there is no machine code for a GPU in it' >&2; exit 1; }
  [[ -n \"\$ptx\" ]] || { echo 'there is no PTX in it: nothing runs on a later GPU' >&2; exit 1; }
  [[ \"\$needed\" == *libcudart* ]] || { echo 'it holds a CUDA runtime of its own' >&2; exit 1; }
"
echo "took          $took s"
