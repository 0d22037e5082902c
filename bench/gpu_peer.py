"""The networks of peer.py on a CUDA GPU: what Spikelet's WebGPU backend is compared with.

    python3 bench/gpu_peer.py --model resnet18 --batch 128 --T 6 --precision mixed

Stepwise, as the published code trains. `mixed` is automatic mixed precision in float16 with a gradient scaler. Prints one
line of JSON.
"""
import argparse
import json
import statistics
import time

import torch
from torch.nn import functional as F

from peer import CLASSES, Peer, firing_rate


def median_seconds(work, warm, repeats=5):
    seconds = []
    for _ in range(warm + repeats):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[warm:])


def measure(model, batch, T, precision):
    torch.manual_seed(1)
    device = torch.device('cuda')
    mixed = precision == 'mixed'
    net = Peer(model, 'stepwise', T).to(device)
    x = torch.rand(batch, 3, 32, 32, device=device) * 2 - 1
    labels = torch.randint(0, CLASSES, (batch,), device=device).repeat(T)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-5)
    scaler = torch.amp.GradScaler('cuda', enabled=mixed)

    def update():
        optimiser.zero_grad()
        with torch.autocast('cuda', dtype=torch.float16, enabled=mixed):
            logits = net(x)
            loss = 0.95 * F.cross_entropy(logits, labels) + 0.05 * F.mse_loss(logits, torch.ones_like(logits))
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()

    def infer():
        with torch.no_grad(), torch.autocast('cuda', dtype=torch.float16, enabled=mixed):
            net(x)

    torch.cuda.reset_peak_memory_stats()
    train_seconds = median_seconds(update, warm=3)
    peak_mb = torch.cuda.max_memory_allocated() / 2 ** 20
    rate = firing_rate(net, x)
    net.eval()
    infer_seconds = median_seconds(infer, warm=2)
    return dict(
        who='pytorch stepwise', model=model, precision=precision, batch=batch, T=T,
        train_images_per_s=batch / train_seconds, infer_images_per_s=batch / infer_seconds, peak_mb=peak_mb,
        train_firing_rate=rate, device=torch.cuda.get_device_name(), features=[f'torch {torch.__version__}'])


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', default='resnet18', choices=['resnet18', 'snn5'])
    parser.add_argument('--batch', type=int, default=128)
    parser.add_argument('--T', type=int, default=6)
    parser.add_argument('--precision', default='float32', choices=['float32', 'mixed'])
    given = parser.parse_args()
    print(json.dumps(measure(given.model, given.batch, given.T, given.precision)))
