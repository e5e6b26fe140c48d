"""Writes published.pth.tar as the published code saves a checkpoint, and published.npz with what its network predicts.

    /usr/bin/python3 make_published.py      (Debian: python3-torch, python3-numpy)

The network is MTAN's SegNet of width 2, written here anew; its weights are random, and Adam has done one step. The image is
image[i] = (7919 i mod 1000) / 1000 over all elements of [2, 3, 32, 64].
"""

import numpy
import torch
from torch import nn

CHANNELS = [5, 1, 3]
WIDTHS = [2, 4, 8, 16, 16]


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())


def stage(i, channels):
    return block(channels, channels) if i < 2 else nn.Sequential(block(channels, channels), block(channels, channels))


class SegNet(nn.Module):
    def __init__(self):
        super().__init__()
        ins = [3] + WIDTHS[:-1]
        outs = [WIDTHS[0]] + WIDTHS[:-1]
        self.encoder_block = nn.ModuleList(block(ins[i], WIDTHS[i]) for i in range(5))
        self.conv_block_enc = nn.ModuleList(stage(i, WIDTHS[i]) for i in range(5))
        self.decoder_block = nn.ModuleList(block(WIDTHS[i], outs[i]) for i in range(5))
        self.conv_block_dec = nn.ModuleList(stage(i, outs[i]) for i in range(5))
        for t, c in enumerate(CHANNELS):
            setattr(self, f"pred_task{t + 1}", nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, c, 1)))

    def forward(self, x):
        places = []
        for i in range(5):
            x = self.conv_block_enc[i](self.encoder_block[i](x))
            x, p = nn.functional.max_pool2d(x, 2, 2, return_indices=True)
            places.append(p)
        for i in reversed(range(5)):
            x = nn.functional.max_unpool2d(x, places[i], 2, 2)
            x = self.conv_block_dec[i](self.decoder_block[i](x))
        out = [getattr(self, f"pred_task{t + 1}")(x) for t in range(3)]
        out[2] = out[2] / torch.norm(out[2], p=2, dim=1, keepdim=True).clamp_min(1e-12)
        return torch.cat(out, 1)


torch.manual_seed(3)
model = SegNet()
for m in model.modules():
    if isinstance(m, nn.BatchNorm2d):
        nn.init.normal_(m.weight, 1.0, 0.2)
        nn.init.normal_(m.bias, 0.3, 0.1)
image = torch.from_numpy(((numpy.arange(2 * 3 * 32 * 64) * 7919) % 1000 / 1000).astype("f4").reshape(2, 3, 32, 64))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=200, gamma=0.5)
model.train()
model(image).square().mean().backward()
optimizer.step()
scheduler.step()
torch.save(
    {"epoch": 0, "model_state_dict": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()},
    "published.pth.tar",
)
model.eval()
with torch.no_grad():
    numpy.savez_compressed("published.npz", prediction=model(image).numpy())
