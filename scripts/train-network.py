"""Trains the attention network of the relation model: train-network.py FOLDER OUT PART...

Called by train-relate.ts, which writes the inputs (see network-inputs.ts) into FOLDER: `nli`, `natural` and `labelled`. PART is
`start` (learns entailment and paraphrase, writes start.pt), a fold number (goes on from start.pt with the labelled pairs of the
other folds, writes the probabilities of its own pairs) or `all` (every fold; writes network.bin into OUT). Needs PyTorch 1.13 or
later and NumPy; one thread, fixed seeds and a fixed number of steps, so that one machine makes the same bytes each time.

The network is the one that src/relate/network.ts runs; see there for what it reads.
"""
import json
import math
import random
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

WIDTH, HEADS, INNER, LAYERS, REACH = 96, 4, 192, 3, 5
WORD_SCALE = 4
MIRRORED = [0, 2, 1, 3, 4]
DISTINCT = 4
START_STEPS, STEPS = 3000, 1500
# Kinds of labelled pairs, as train-relate.ts numbers them.
SINGLE, STORE, EXTRA = 0, 1, 2


class Data:
    """Pairs of one input file, padded when a batch is made."""

    def __init__(self, prefix):
        with open(prefix + '.json') as file:
            about = json.load(file)
        self.vectors = np.fromfile(prefix + '.vectors', dtype=np.float32).reshape(-1, about['dimensions'])
        self.flags, self.links = about['flagCount'], about['linkCount']
        with open(prefix + '.bin', 'rb') as file:
            raw = file.read()
        self.rows, at = [], 0
        for _ in range(about['pairs']):
            n, m, label, fold, kind = np.frombuffer(raw, np.int32, 5, at)
            at += 20
            ids = np.frombuffer(raw, np.int32, n + m, at)
            at += 4 * (n + m)
            flags = np.frombuffer(raw, np.float32, (n + m) * self.flags, at).reshape(n + m, self.flags)
            at += 4 * (n + m) * self.flags
            links = np.frombuffer(raw, np.uint8, n * m * self.links, at).reshape(n, m, self.links)
            at += n * m * self.links
            self.rows.append((int(n), int(m), ids, flags, links, int(label), int(fold), int(kind)))

    def __len__(self):
        return len(self.rows)

    def label(self, i):
        return self.rows[i][5]

    def length(self, i):
        return self.rows[i][0] + self.rows[i][1]

    def batch(self, indices, swap=None):
        size = len(indices)
        sides = [self.rows[i][:2] for i in indices]
        if swap is not None:
            sides = [side[::-1] if turned else side for side, turned in zip(sides, swap)]
        a, b = max(1, max(n for n, _ in sides)), max(1, max(m for _, m in sides))
        words = np.zeros((size, a + b, self.vectors.shape[1]), np.float32)
        flags = np.zeros((size, a + b, self.flags), np.float32)
        links = np.zeros((size, a, b, self.links), np.float32)
        mask = np.zeros((size, a + b), np.float32)
        for k, i in enumerate(indices):
            n, m, ids, flag, link = self.rows[i][:5]
            first, second = slice(0, n), slice(n, n + m)
            if swap is not None and swap[k]:
                first, second, n, m, link = second, first, m, n, link.transpose(1, 0, 2)
            words[k, :n], words[k, a : a + m] = self.vectors[ids[first]], self.vectors[ids[second]]
            flags[k, :n], flags[k, a : a + m] = flag[first], flag[second]
            links[k, :n, :m] = link / 255.0
            mask[k, :n] = mask[k, a : a + m] = 1
        return torch.tensor(words), torch.tensor(flags), torch.tensor(links), torch.tensor(mask), a, b


class Layer(nn.Module):
    def __init__(self, dropout, links):
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.first, self.second = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.norm1, self.norm2, self.dropout = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH), nn.Dropout(dropout)
        # Heads start out looking for what is alike, the same, a rival or an opposite, each to another degree.
        start = torch.zeros(HEADS, links + 1)
        start[:, 0], start[:, 1] = torch.linspace(0, 6, HEADS), torch.linspace(0, 3, HEADS)
        start[:, 2], start[:, 3] = torch.linspace(2, 0, HEADS), torch.linspace(2, 0, HEADS)
        start[:, 4], start[:, 5], start[:, -1] = 2, 1, torch.linspace(-2, 0, HEADS)
        self.links = nn.Parameter(start)
        self.near = nn.Parameter(torch.zeros(HEADS, 2 * REACH + 1))

    def forward(self, x, mask, links, distance, same):
        batch, length, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS) + mask[:, None, None, :]
        scores = scores + torch.einsum('bijc,hc->bhij', links, self.links) + self.near[:, distance][None] * same
        mixed = (self.dropout(scores.softmax(-1)) @ v).transpose(1, 2).reshape(batch, length, WIDTH)
        x = x + self.dropout(self.out(mixed))
        return x + self.dropout(self.second(F.relu(self.first(self.norm2(x)))))


class Network(nn.Module):
    def __init__(self, data, dropout):
        super().__init__()
        self.words, self.flags = nn.Linear(data.vectors.shape[1], WIDTH), nn.Linear(data.flags, WIDTH)
        self.norm0, self.norm, self.dropout = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH), nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(dropout, data.links) for _ in range(LAYERS))
        self.head, self.head_dropout = nn.Linear(6 * WIDTH, WIDTH), nn.Dropout(0.2)
        self.entailment, self.paraphrase, self.classes = nn.Linear(WIDTH, 3), nn.Linear(WIDTH, 1), nn.Linear(WIDTH, 5)

    def both_orders(self, words, flags, links, mask, a, b):
        x = self.dropout(self.norm0(self.words(words) * WORD_SCALE + self.flags(flags)))
        size, length, _ = words.shape
        known = torch.zeros(size, length, length, links.shape[-1] + 1)
        known[:, :a, a:, :-1], known[:, a:, :a, :-1] = links, links.transpose(1, 2)
        known[:, :a, a:, -1] = known[:, a:, :a, -1] = 1
        place = torch.cat([torch.arange(a), torch.arange(b)])
        side = torch.cat([torch.zeros(a), torch.ones(b)])
        distance = (place[None] - place[:, None]).clamp(-REACH, REACH) + REACH
        same = (side[None] == side[:, None]).float()
        for layer in self.layers:
            x = layer(x, (1 - mask) * -1e4, known, distance, same)
        x = self.norm(x)

        def pool(y, m):
            mean = (y * m[..., None]).sum(1) / m.sum(1, keepdim=True).clamp(min=1)
            return torch.cat([mean, (y + (m[..., None] - 1) * 1e4).max(1)[0]], -1)

        u, v = pool(x[:, :a], mask[:, :a]), pool(x[:, a:], mask[:, a:])
        return tuple(self.head_dropout(F.relu(self.head(torch.cat([s, t, s * t], -1)))) for s, t in ((u, v), (v, u)))

    def relation(self, *batch):
        forward, backward = self.both_orders(*batch)
        return (self.classes(forward) + self.classes(backward)[:, MIRRORED]) / 2


def batches(data, indices, size, rng):
    """Endless batches of pairs of about one length."""
    indices = list(indices)
    while True:
        rng.shuffle(indices)
        for start in range(0, len(indices), size * 24):
            near = sorted(indices[start : start + size * 24], key=data.length)
            parts = [near[i : i + size] for i in range(0, len(near), size)]
            rng.shuffle(parts)
            yield from (part for part in parts if len(part) >= size // 2)


class Averaged:
    """Exponential moving average of the weights: what is kept in the end."""

    def __init__(self, model):
        self.values = {name: value.clone() for name, value in model.state_dict().items()}

    def update(self, model, step):
        share = min(0.995, (step + 1) / (step + 10))
        for name, value in model.state_dict().items():
            self.values[name].mul_(share).add_(value, alpha=1 - share)


def learn(model, steps, rate, decay, loss_of):
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    averaged, total = Averaged(model), 0.0
    for step in range(steps):
        for group in optimizer.param_groups:
            group['lr'] = rate * (min(1, step / 100) * (1 - step / steps) + 0.02)
        loss = loss_of(step)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        averaged.update(model, step)
        total += loss.item()
        if step % 250 == 249:
            print(f'{step + 1} of {steps}: loss {total / 250:.4f}', flush=True)
            total = 0.0
    model.load_state_dict(averaged.values)


def labels(data, indices, swap=None):
    turned = swap or [False] * len(indices)
    return torch.tensor([MIRRORED[data.label(i)] if t else data.label(i) for i, t in zip(indices, turned)])


def start(folder):
    nli, natural = Data(f'{folder}/nli'), Data(f'{folder}/natural')
    torch.manual_seed(1)
    rng = random.Random(1)
    model = Network(nli, dropout=0.1)
    entailed, alike = batches(nli, range(len(nli)), 64, rng), batches(natural, range(len(natural)), 48, rng)

    def loss_of(step):
        if step % 3 == 2:
            part = next(alike)
            forward, _ = model.both_orders(*natural.batch(part, [rng.random() < 0.5 for _ in part]))
            target = torch.tensor([float(natural.label(i)) for i in part])
            return F.binary_cross_entropy_with_logits(model.paraphrase(forward)[:, 0], target)
        part = next(entailed)
        forward, _ = model.both_orders(*nli.batch(part))
        return F.cross_entropy(model.entailment(forward), torch.tensor([nli.label(i) for i in part]), label_smoothing=0.03)

    learn(model, START_STEPS, 1e-3, 0.02, loss_of)
    torch.save(model.state_dict(), f'{folder}/start.pt')


def relate(folder, held_out):
    """The network after the labelled pairs of every fold but one."""
    data, nli = Data(f'{folder}/labelled'), Data(f'{folder}/nli')
    seed = 100 if held_out is None else held_out + 1
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = Network(data, dropout=0.15)
    model.load_state_dict(torch.load(f'{folder}/start.pt'))
    seen = [i for i, row in enumerate(data.rows) if row[6] != held_out]
    single = [i for i in seen if data.rows[i][7] == SINGLE]
    telling = [i for i in seen if data.rows[i][7] == STORE and data.label(i) != DISTINCT]
    apart = [i for i in seen if data.rows[i][7] == STORE and data.label(i) == DISTINCT]
    extra = [i for i in seen if data.rows[i][7] == EXTRA]
    parts = batches(data, single, 48, rng)

    def loss_of(step):
        part = next(parts)
        swap = [rng.random() < 0.5 for _ in part]
        loss = F.cross_entropy(model.relation(*data.batch(part, swap)), labels(data, part, swap), label_smoothing=0.05)
        if step % 3 == 1:
            more = rng.sample(apart, 12) + rng.sample(telling, 6) + rng.sample(extra, 4)
            loss = loss + 0.4 * F.cross_entropy(model.relation(*data.batch(more)), labels(data, more), label_smoothing=0.05)
        if step % 3 == 2:
            more = rng.sample(range(len(nli)), 32)
            forward, _ = model.both_orders(*nli.batch(more))
            loss = loss + 0.4 * F.cross_entropy(model.entailment(forward), torch.tensor([nli.label(i) for i in more]))
        return loss

    learn(model, STEPS, 6e-4, 0.05, loss_of)
    return data, model


def predict(data, model, indices):
    model.eval()
    found = np.zeros((len(indices), 5), np.float32)
    order = sorted(range(len(indices)), key=lambda k: data.length(indices[k]))
    with torch.no_grad():
        for at in range(0, len(order), 64):
            part = order[at : at + 64]
            found[part] = model.relation(*data.batch([indices[k] for k in part])).softmax(-1).numpy()
    return found


def write(model, data, path):
    """In the order of weightLayout in src/relate/network.ts; matrices by input, then output."""
    w = model.state_dict()

    def linear(name):
        return [w[f'{name}.weight'].t(), w[f'{name}.bias']]

    def norm(name):
        return [w[f'{name}.weight'], w[f'{name}.bias']]

    parts = [torch.cat([w['words.weight'].t(), w['flags.weight'].t()]), WORD_SCALE * w['words.bias'] + w['flags.bias'], *norm('norm0')]
    for n in range(LAYERS):
        at = f'layers.{n}.'
        parts += [*norm(at + 'norm1'), *linear(at + 'qkv'), w[at + 'links'], w[at + 'near'], *linear(at + 'out')]
        parts += [*norm(at + 'norm2'), *linear(at + 'first'), *linear(at + 'second')]
    parts += [*norm('norm'), *linear('head'), *linear('classes')]
    shape = {
        'dimensions': data.vectors.shape[1], 'width': WIDTH, 'heads': HEADS, 'inner': INNER, 'layers': LAYERS,
        'reach': REACH, 'flagCount': data.flags, 'linkCount': data.links,
    }
    header = json.dumps(shape, separators=(',', ':')).encode()
    header += b' ' * (-len(header) % 4)
    with open(path, 'wb') as file:
        file.write(b'DFNET001' + struct.pack('<I', len(header)) + header)
        for part in parts:
            file.write(part.contiguous().numpy().astype('<f4').tobytes())


def main():
    folder, out, *parts = sys.argv[1:]
    torch.set_num_threads(1)
    for part in parts:
        print(f'network: {part}', flush=True)
        if part == 'start':
            start(folder)
        elif part == 'all':
            data, model = relate(folder, None)
            model.eval()
            write(model, data, f'{out}/network.bin')
        else:
            data, model = relate(folder, int(part))
            own = [i for i, row in enumerate(data.rows) if row[6] == int(part)]
            np.array(own, np.int32).tofile(f'{folder}/fold-{part}.rows')
            predict(data, model, own).tofile(f'{folder}/fold-{part}.classes')


main()
