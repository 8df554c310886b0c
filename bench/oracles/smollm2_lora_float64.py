#!/usr/bin/env python3
"""The recorded LoRA run of SmolLM2 (models/peft-golden/smollm2-lora-attention), computed again in float64: who is right where PEFT's float32
and ours differ. A twin of forward, loss and AdamW in plain PyTorch; shares no code with either.

    lapwing convert smollm2-135m-instruct.q4_1.gguf WEIGHTS --type F32
    OMP_NUM_THREADS=1 python3 smollm2_lora_float64.py SHARED/models/peft-golden WEIGHTS [OUR-TUNED-FOLDER...]

Ours: lapwing tune MODEL smollm2-rows.jsonl --from adapter-before --no-shuffle --validation 0 --batch 4 --steps 40 --lr 0.002 --warmup 5
--schedule constant --weight-decay 0 --clip 0 --exact -o FOLDER. Needs Debian's python3-torch; ten minutes on one core."""
import json, pathlib, struct, sys
import numpy as np, torch

golden, weights, tuned = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), [pathlib.Path(p) for p in sys.argv[3:]]
run = golden / "smollm2-lora-attention"
steps = json.loads((run / "steps.json").read_text())
rows = [json.loads(line) for line in open(golden / "smollm2-rows.jsonl")]
config, lora = json.loads((weights / "config.json").read_text()), json.loads((run / "adapter-before/adapter_config.json").read_text())
heads, kv_heads, width = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
scale, kind = lora["lora_alpha"] / lora["r"], torch.float64


def read(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    head = {k: v for k, v in json.loads(data[8:8 + size]).items() if k != "__metadata__"}
    return {k: np.frombuffer(data, np.float32, (v["data_offsets"][1] - v["data_offsets"][0]) // 4, 8 + size + v["data_offsets"][0]).reshape(v["shape"]) for k, v in head.items()}


model = {k: torch.tensor(v.copy()).to(kind) for k, v in read(weights / "model.safetensors").items()}
adapter = {k: torch.tensor(v.copy()).to(kind).requires_grad_() for k, v in read(run / "adapter-before/adapter_model.safetensors").items()}
# Transformers computes frequencies and angles in float32 whatever the model's type: that is part of the model.
inverse = 1.0 / (float(config["rope_theta"]) ** (torch.arange(0, width, 2, dtype=torch.int64).float() / width))


def norm(x, weight):
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + config["rms_norm_eps"]))


def linear(x, name):
    y, a = x @ model[name + ".weight"].T, f"base_model.model.{name}.lora_A.weight"
    return y + scale * ((x @ adapter[a].T) @ adapter[a.replace("lora_A", "lora_B")].T) if a in adapter else y


def rotate(x, cos, sin):
    a, b = x[..., :width // 2], x[..., width // 2:]
    return x * cos + torch.cat((-b, a), -1) * sin


def hidden(ids):
    batch, length = ids.shape
    x = model["model.embed_tokens.weight"][ids]
    angles = torch.arange(length).float()[:, None] * inverse[None]
    angles = torch.cat((angles, angles), -1).to(kind)
    cos, sin, mask = angles.cos(), angles.sin(), torch.full((length, length), float("-inf"), dtype=kind).triu(1)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        h = norm(x, model[at + "input_layernorm.weight"])
        q, k, v = (linear(h, f"{at}self_attn.{p}_proj").view(batch, length, -1, width).transpose(1, 2) for p in "qkv")
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        k, v = k.repeat_interleave(heads // kv_heads, 1), v.repeat_interleave(heads // kv_heads, 1)
        mixed = torch.softmax(q @ k.transpose(-1, -2) * width ** -0.5 + mask, -1) @ v
        x = x + linear(mixed.transpose(1, 2).reshape(batch, length, -1), at + "self_attn.o_proj")
        h = norm(x, model[at + "post_attention_layernorm.weight"])
        x = x + linear(torch.nn.functional.silu(linear(h, at + "mlp.gate_proj")) * linear(h, at + "mlp.up_proj"), at + "mlp.down_proj")
    return norm(x, model["model.norm.weight"])


def loss_of(batch):
    length = max(len(r["input_ids"]) for r in batch)
    ids, labels = torch.zeros((len(batch), length), dtype=torch.int64), torch.full((len(batch), length), -100)
    for i, row in enumerate(batch):
        n = len(row["input_ids"])
        ids[i, :n], labels[i, :n] = torch.tensor(row["input_ids"]), torch.tensor(row["labels"])
    h, target = hidden(ids)[:, :-1].flatten(0, 1), labels[:, 1:].flatten()
    return torch.nn.functional.cross_entropy(h[target != -100] @ model["model.embed_tokens.weight"].T, target[target != -100])


optimiser = torch.optim.AdamW(adapter.values(), lr=0, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
losses = []
for step, rate in enumerate(steps["lr"]):
    loss = loss_of([rows[(step * 4 + j) % len(rows)] for j in range(4)])
    optimiser.zero_grad()
    loss.backward()
    optimiser.param_groups[0]["lr"] = rate
    optimiser.step()
    losses.append(loss.item())
    print(f"step {step}: {losses[-1]:.9f}, PEFT {steps['loss'][step] - losses[-1]:+.1e}", flush=True)


def compare(name, curve, values):
    difference = np.concatenate([np.abs(values[k] - v.detach().numpy()).ravel() for k, v in adapter.items()])
    print(f"{name}: loss within {np.abs(np.array(curve) - losses).max():.1e}; adapter within {difference.max():.1e}, {np.sqrt((difference ** 2).mean()):.1e} in the mean square, {(difference > 1e-4).sum()} of {difference.size} over 1e-4")


compare("PEFT's float32", steps["loss"], read(run / "adapter-after/adapter_model.safetensors"))
for folder in tuned:
    compare(folder.name, [s["loss"] for s in json.loads((folder / "run.json").read_text())["steps"]], read(folder / "adapter_model.safetensors"))
