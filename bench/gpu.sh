#!/usr/bin/env bash
# Everything that is to be measured on a real GPU, in one command, from a fresh checkout:
#
#   bench/gpu.sh [--node NODE] [--python PYTHON] [--data CIFAR10] [--minutes N] [--model M] [--batch N] [--T N] [--rounds N]
#
# 1. installs and builds; 2. spikelet doctor and the contract of the backends on this GPU; 3. training steps and inference
# in turn with PyTorch, float32 and mixed; 4. with --data, trains CIFAR-10 by the paper's protocol for --minutes (default
# 60), stopping in good order. All of it goes to bench/results/gpu-DATE/.
# Needs Node 20.19 or newer (a folder with node and npm can be named), and for step 3 a Python with PyTorch and CUDA; what is
# missing is said and left out.
set -euo pipefail
cd "$(dirname "$0")/.."
node_folder='' python=python3 data='' minutes=60 model=resnet18 batch=128 T=6 rounds=3
while [ $# -gt 0 ]; do
  case "$1" in
    --node) node_folder="$(dirname "$2")" ;;
    --python) python="$2" ;;
    --data) data="$2" ;;
    --minutes) minutes="$2" ;;
    --model) model="$2" ;;
    --batch) batch="$2" ;;
    --T) T="$2" ;;
    --rounds) rounds="$2" ;;
    *) sed -n '2,12p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done
[ -n "$node_folder" ] && PATH="$node_folder:$PATH"
command -v node > /dev/null || { echo 'no node: give --node PATH/TO/node (20.19 or newer)' >&2; exit 1; }
out="bench/results/gpu-$(date -u +%Y-%m-%d-%H%M%S)"
mkdir -p "$out"
say() { echo "== $*" | tee -a "$out/log.txt"; }

say "1. install and build ($(node --version))"
[ -d node_modules/webgpu ] || npm ci > "$out/npm.txt" 2>&1
npm run --silent build

say '2. doctor, and the contract of the backends on this GPU'
(nvidia-smi 2> /dev/null || true) > "$out/gpu.txt"
node dist/cli/main.js doctor 2>&1 | tee "$out/doctor.txt" || say 'the doctor found a backend that is off'
node node_modules/vitest/vitest.mjs run --project gpu test/gpu/backend.gpu.test.ts test/gpu/tiles.gpu.test.ts \
  > "$out/contract.txt" 2>&1 && say 'contract: passed' || say "contract: see $out/contract.txt"

say "3. $model, T = $T, batch $batch, $rounds rounds in turn"
lines="$out/speed.jsonl"
: > "$lines"
peer=yes
"$python" -c 'import torch; assert torch.cuda.is_available()' 2> /dev/null || { peer=''; say 'no PyTorch with CUDA: left out'; }
for _ in $(seq "$rounds"); do
  for precision in float32 mixed; do
    node bench/gpu-model.mjs --model "$model" --batch "$batch" --T "$T" --precision "$precision" \
      >> "$lines" 2> "$out/spikelet-$precision.txt" || say "spikelet, $precision: $(grep -m 1 Error "$out/spikelet-$precision.txt" || true)"
    if [ -n "$peer" ]; then
      "$python" bench/gpu_peer.py --model "$model" --batch "$batch" --T "$T" --precision "$precision" \
        >> "$lines" 2> "$out/pytorch-$precision.txt" || say "pytorch, $precision: see $out/pytorch-$precision.txt"
    fi
  done
done
node bench/gpu-table.mjs "$lines" | tee "$out/table.md"

if [ -n "$data" ]; then
  say "4. CIFAR-10 by the paper's protocol, at most $minutes minutes"
  timeout --signal=INT --kill-after=120 "$((minutes * 60))" node dist/cli/main.js train cifar10 --data "$data" \
    --model resnet18 --neuron clif --T 6 --protocol paper --augment crop,flip,cutout --backend webgpu \
    --checkpoint-every 200 --out "$out" --name cifar10 2>&1 | tee "$out/cifar10.txt" || true
else
  say '4. no --data: CIFAR-10 was not trained'
fi
say "done: $out"
