"""Training and inference of spiking networks with CLIF neurons, in plain PyTorch: what Spikelet is compared with.

    python3 bench/peer.py --model resnet18 --mode stepwise --batch 8 --T 6
    python3 bench/peer.py --model snn3 --latency --batch 1 --T 8 --threads 1

stepwise   the network is called once a step, autograd does the rest, BatchNorm sees each step on its own
multistep  every layer takes all steps at once, the neuron's backward pass is written by hand, BatchNorm sees all
           steps together, and the first convolution sees the image once

With --latency only inference is measured, image by image. Prints one line of JSON. Needs PyTorch only.
"""
import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

CLASSES = 10


# ---------------------------------------------------------------- neurons (tau 2, threshold 1, soft reset)
class Heaviside(torch.autograd.Function):
    """1 from 0 on; on the way back, 1 where the argument is within 0.5 of 0."""

    @staticmethod
    def forward(ctx, argument):
        ctx.save_for_backward(argument)
        return (argument >= 0).float()

    @staticmethod
    def backward(ctx, gradient):
        (argument,) = ctx.saved_tensors
        return gradient * (argument.abs() <= 0.5).float()


class ClifNeuron(nn.Module):
    """Counts its spikes while `counting` is set; the count costs nothing while it is not."""

    def __init__(self):
        super().__init__()
        self.counting, self.spikes, self.size = False, 0.0, 0

    def seen(self, s):
        if self.counting:
            self.spikes += s.double().sum().item()
            self.size += s.numel()
        return s

    def forget(self):
        pass


class StepwiseClif(ClifNeuron):
    """Takes one step [N, ...] a call, and remembers its potentials until `forget`."""

    def __init__(self):
        super().__init__()
        self.potentials = None

    def forward(self, x):
        u, m = self.potentials or (torch.zeros_like(x), torch.zeros_like(x))
        u = 0.5 * u + x
        s = Heaviside.apply(u - 1)
        m = m * torch.sigmoid(0.5 * u) + s
        self.potentials = (u - s * (1 + torch.sigmoid(m)), m)
        return self.seen(s)

    def forget(self):
        self.potentials = None


class AllSteps(torch.autograd.Function):
    """CLIF over x [T, ...], with its adjoint."""

    @staticmethod
    def forward(ctx, x):
        u = m = torch.zeros_like(x[0])
        charged, before, spikes = torch.empty_like(x), torch.empty_like(x), torch.empty_like(x)
        for t in range(x.shape[0]):
            u = 0.5 * u + x[t]
            s = (u >= 1).float()
            charged[t], before[t], spikes[t] = u, m, s
            m = m * torch.sigmoid(0.5 * u) + s
            u = u - s * (1 + torch.sigmoid(m))
        ctx.save_for_backward(charged, before)
        return spikes

    @staticmethod
    def backward(ctx, gradient):
        charged, before = ctx.saved_tensors
        result = torch.empty_like(gradient)
        du = dm = torch.zeros_like(gradient[0])    # of the potentials that leave the step
        for t in reversed(range(gradient.shape[0])):
            u, m = charged[t], before[t]
            s = (u >= 1).float()
            keep = torch.sigmoid(0.5 * u)
            depth = torch.sigmoid(m * keep + s)
            dm = dm - du * s * depth * (1 - depth)
            ds = gradient[t] + dm - du * (1 + depth)
            dcharged = du + ds * ((u - 1).abs() <= 0.5).float() + 0.5 * dm * m * keep * (1 - keep)
            result[t] = dcharged
            du, dm = 0.5 * dcharged, dm * keep
        return result


class MultistepClif(ClifNeuron):
    """Takes all steps, [T N, ...], in one call."""

    def __init__(self, T):
        super().__init__()
        self.T = T

    def forward(self, x):
        return self.seen(AllSteps.apply(x.unflatten(0, (self.T, -1))).flatten(0, 1))


# ---------------------------------------------------------------- networks: a first convolution, and what follows it
def fired(channels, neuron):
    return nn.Sequential(nn.BatchNorm2d(channels), neuron())


class Block(nn.Module):
    """Normalise and fire, convolve, twice; the shortcut leaves after the first spikes."""

    def __init__(self, inner, outer, stride, neuron):
        super().__init__()
        self.enter = fired(inner, neuron)
        self.first = nn.Conv2d(inner, outer, 3, stride, 1)
        self.between = fired(outer, neuron)
        self.second = nn.Conv2d(outer, outer, 3, 1, 1)
        self.past = nn.Conv2d(inner, outer, 1, stride) if stride > 1 or inner != outer else nn.Identity()

    def forward(self, x):
        spikes = self.enter(x)
        return self.second(self.between(self.first(spikes))) + self.past(spikes)


def resnet18(neuron):
    widths = (64, 64, 64, 128, 128, 256, 256, 512, 512)
    blocks = [Block(a, b, 1 if a == b else 2, neuron) for a, b in zip(widths, widths[1:])]
    head = [fired(512, neuron), nn.AvgPool2d(4), nn.Flatten(), nn.Linear(512, CLASSES)]
    return nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.Sequential(*blocks, *head)


def snn5(neuron):
    layers, channels = [fired(16, neuron)], 16
    for width, kernel, stride in ((64, 5, 2), (128, 5, 2), (256, 5, 4), (256, 3, 2)):
        layers += [nn.Conv2d(channels, width, kernel, stride, 1), fired(width, neuron)]
        channels = width
    return nn.Conv2d(3, 16, 3, 1, 1), nn.Sequential(*layers, nn.Flatten(), nn.Linear(256, CLASSES))


def snn3(neuron):
    layers, channels = [fired(16, neuron)], 16
    for width in (32, 64):
        layers += [nn.Conv2d(channels, width, 3, 2, 1), fired(width, neuron)]
        channels = width
    return nn.Conv2d(2, 16, 3, 2, 1), nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 5 * 5, CLASSES))


NETWORKS = {'resnet18': resnet18, 'snn5': snn5, 'snn3': snn3}
FRAMES = {'snn3': (2, 34, 34)}


class Peer(nn.Module):
    """Logits of all steps, [T N, classes], from one image for all steps, [N, C, H, W]."""

    def __init__(self, model, mode, T):
        super().__init__()
        self.mode, self.T = mode, T
        neuron = StepwiseClif if mode == 'stepwise' else lambda: MultistepClif(T)
        self.stem, self.rest = NETWORKS[model](neuron)

    def forward(self, x):
        if self.mode == 'multistep':
            return self.rest(self.stem(x).repeat(self.T, 1, 1, 1))
        logits = torch.cat([self.rest(self.stem(x)) for _ in range(self.T)])
        for neuron in self.neurons():
            neuron.forget()
        return logits

    def neurons(self):
        return [module for module in self.modules() if isinstance(module, ClifNeuron)]


# ---------------------------------------------------------------- measurements
def median_seconds(work, warm, repeats=5):
    """The first `warm` calls are not counted."""
    seconds = []
    for _ in range(warm + repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[warm:])


def firing_rate(net, x):
    """Spikes per neuron and step of one pass in the mode that the network is in."""
    for neuron in net.neurons():
        neuron.counting, neuron.spikes, neuron.size = True, 0.0, 0
    with torch.no_grad():
        net(x)
    for neuron in net.neurons():
        neuron.counting = False
    return sum(n.spikes for n in net.neurons()) / sum(n.size for n in net.neurons())


def process_peak_mb():
    try:
        with open('/proc/self/status') as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith('VmHWM:'))
    except OSError:
        return None


def latency(model, mode, batch, T):
    """Seconds of all steps of an image, in evaluation; weights are those that PyTorch starts with."""
    torch.manual_seed(1)
    net = Peer(model, mode, T).eval()
    x = (torch.rand(batch, *FRAMES.get(model, (3, 32, 32))) < 0.1).float()

    def infer():
        with torch.no_grad():
            net(x)

    return dict(model=model, mode=mode, batch=batch, T=T, image_s=median_seconds(infer, warm=5, repeats=25),
                threads=torch.get_num_threads(), torch=torch.__version__)


def measure(model, mode, batch, T):
    torch.manual_seed(1)
    net = Peer(model, mode, T)
    x = torch.rand(batch, 3, 32, 32) * 2 - 1
    labels = torch.randint(0, CLASSES, (batch,)).repeat(T)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-5)

    def update():
        optimiser.zero_grad()
        logits = net(x)
        loss = 0.95 * F.cross_entropy(logits, labels) + 0.05 * F.mse_loss(logits, torch.ones_like(logits))
        loss.backward()
        optimiser.step()

    def infer():
        with torch.no_grad():
            net(x)

    train_seconds = median_seconds(update, warm=2)
    peak_mb = process_peak_mb()
    net.eval()
    infer_seconds = median_seconds(infer, warm=1)
    infer_rate = firing_rate(net, x)
    train_rate = firing_rate(net.train(), x)    # last: a pass in this mode moves BatchNorm's running statistics
    return dict(
        model=model, mode=mode, batch=batch, T=T,
        train_images_per_s=batch / train_seconds, infer_images_per_s=batch / infer_seconds, train_peak_mb=peak_mb,
        train_firing_rate=train_rate, infer_firing_rate=infer_rate,
        threads=torch.get_num_threads(), torch=torch.__version__)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', default='resnet18', choices=sorted(NETWORKS))
    parser.add_argument('--mode', default='stepwise', choices=['stepwise', 'multistep'])
    parser.add_argument('--batch', type=int, default=8)
    parser.add_argument('--T', type=int, default=6)
    parser.add_argument('--threads', type=int, help="default: PyTorch's own choice")
    parser.add_argument('--latency', action='store_true', help='inference alone, image by image')
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    made = (latency if given.latency else measure)(given.model, given.mode, given.batch, given.T)
    print(json.dumps(made))
