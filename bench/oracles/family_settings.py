#!/usr/bin/env python3
"""Logits of small models of every family but GPT-2 under unusual settings, in float64: a forward pass in plain NumPy, written from Transformers' configuration
and modelling files (docs/families.md), that shares no code with ours. Weights follow from their names, as in tests/Lapwing.Models.Tests/RandomFolder.cs.

    python3 family_settings.py > tests/Shared/Data/oracles/family-settings.json        (needs NumPy; a minute)"""
import json, math, sys
import numpy as np

IDS = [(i * 7 + 3) % 40 for i in range(24)]
BASE = dict(vocab_size=40, hidden_size=64, intermediate_size=48, num_hidden_layers=5, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=128)


def numbers(name, shape, plain_norm):
    """What RandomFolder fills a tensor with: a congruential generator seeded by the name (FNV-1a)."""
    state = 2166136261
    for c in name.encode(): state = (state ^ c) * 16777619 % 2**32
    values = np.empty(math.prod(shape))
    for i in range(values.size):
        state = (state * 1664525 + 1013904223) % 2**32
        values[i] = (state >> 8) / 2**23 - 1
    if len(shape) == 1 and not name.endswith(".bias"): values = plain_norm + values / 2
    else: values = 2 * values / np.float32(math.sqrt(shape[1]) if len(shape) == 2 else 2)
    return values.astype(np.float32).astype(np.float64).reshape(shape)


def rotary(c, head, sliding):
    """Radians a position for each pair, and the factor on cosine and sine."""
    kind, p = c["model_type"], c.get("rope_scaling") or c.get("rope_parameters") or {}
    if kind == "gemma3_text" and sliding: return 1 / c.get("rope_local_base_freq", 1e4) ** (np.arange(0, head, 2) / head), 1.0
    base = p.get("rope_theta", c.get("rope_theta", {"smollm3": 2e6, "mixtral": 1e6, "gemma3_text": 1e6}.get(kind, 1e4)))
    width = int(head * p.get("partial_rotary_factor", c.get("partial_rotary_factor", 1.0)))
    inverse, method, trained = 1 / base ** (np.arange(0, width, 2) / width), p.get("rope_type", p.get("type", "default")), c["max_position_embeddings"]
    if kind == "phi3" and method in ("su", "yarn"): method = "longrope"
    if method == "linear": return inverse / p["factor"], 1.0
    if method == "llama3":
        original, low, high, factor = p["original_max_position_embeddings"], p["low_freq_factor"], p["high_freq_factor"], p["factor"]
        wave = 2 * math.pi / inverse
        smooth = (original / wave - low) / (high - low)
        return np.where(wave > original / low, inverse / factor, np.where(wave < original / high, inverse, (1 - smooth) * inverse / factor + smooth * inverse)), 1.0
    if method == "yarn":
        factor, original = p["factor"], p["original_max_position_embeddings"]
        scale = lambda m: 1.0 if factor <= 1 else 0.1 * m * math.log(factor) + 1
        attention = p.get("attention_factor")
        if attention is None: attention = scale(p["mscale"]) / scale(p["mscale_all_dim"]) if p.get("mscale") and p.get("mscale_all_dim") else scale(1)
        turns = lambda r: width * math.log(original / (r * 2 * math.pi)) / (2 * math.log(base))
        low, high = turns(p.get("beta_fast") or 32), turns(p.get("beta_slow") or 1)
        if p.get("truncate", True): low, high = math.floor(low), math.ceil(high)
        low, high = max(low, 0), min(high, width - 1)
        if low == high: high += 0.001
        ramp = np.clip((np.arange(width // 2) - low) / (high - low), 0, 1)
        return inverse / factor * ramp + inverse * (1 - ramp), attention
    if method == "longrope":
        original = c.get("original_max_position_embeddings", 4096) if kind == "phi3" else p.get("original_max_position_embeddings", trained)
        factor = p.get("factor") or trained / original
        return inverse / np.array(p["short_factor"]), p.get("attention_factor") or (1.0 if factor <= 1 else math.sqrt(1 + math.log(factor) / math.log(original)))
    return inverse, 1.0


def window(c, l):
    """How far layer l sees (None: all), whether it is one of Gemma's sliding layers, and whether it rotates."""
    kind, types = c["model_type"], c.get("layer_types")
    listed = types[l] == "sliding_attention" if types else None
    if kind == "mistral": return c.get("sliding_window", 4096), False, True
    if kind in ("mixtral", "phi3"): return c.get("sliding_window"), False, True
    if kind in ("qwen2", "qwen3"):
        slides = c.get("use_sliding_window", False) and (listed if types else l >= c.get("max_window_layers", 28))
        return c.get("sliding_window", 4096) if slides else None, False, True
    if kind == "qwen3_moe": return c.get("sliding_window", 4096) if c.get("use_sliding_window") else None, False, True
    if kind == "smollm3":
        rotates = bool(c["no_rope_layers"][l]) if c.get("no_rope_layers") else (l + 1) % c.get("no_rope_layer_interval", 4) != 0
        slides = listed if types else c.get("use_sliding_window", False) and not rotates
        return c["sliding_window"] if slides else None, False, rotates
    if kind in ("gemma2", "gemma3_text"):
        slides = listed if types else (l + 1) % (2 if kind == "gemma2" else c.get("sliding_window_pattern", 6)) != 0
        return c.get("sliding_window", 4096) if slides else None, slides, True
    return None, False, True


def activation(name):
    return {
        "silu": lambda x: x / (1 + np.exp(-x)),
        "gelu": lambda x: x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
        "gelu_pytorch_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    }[name]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def logits(c):
    kind, hidden, heads, key_heads = c["model_type"], c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
    gemma, after = kind.startswith("gemma"), kind == "olmo2"
    head = c.get("head_dim") or (256 if gemma else 128 if kind == "qwen3" else hidden // heads)
    epsilon = c.get("rms_norm_eps", 1e-5 if kind in ("mixtral", "phi3", "olmo2") else 1e-6)
    biased = c.get("attention_bias", False) and kind not in ("mistral", "mixtral", "phi3", "qwen2")
    mlp_biased = c.get("mlp_bias", False) and kind in ("llama", "smollm3", "granite")
    act = activation(c.get("hidden_activation", "gelu_pytorch_tanh") if gemma else c.get("hidden_act", "silu"))
    scale = c.get("query_pre_attn_scalar", 256) ** -0.5 if gemma else c.get("attention_multiplier", 1.0) if kind == "granite" else head**-0.5
    residual = c.get("residual_multiplier", 1.0) if kind == "granite" else 1.0
    tokens, at, before = len(IDS), np.arange(len(IDS))[:, None], np.arange(len(IDS))[None]

    def linear(name, outputs, inputs, bias=False):
        w, b = numbers(name + ".weight", (outputs, inputs), 0), numbers(name + ".bias", (outputs,), 0) if bias else 0
        return lambda x: x @ w.T + b

    def norm(name, width):
        w = numbers(name + ".weight", (width,), 0 if gemma else 1) + (1 if gemma else 0)
        return lambda x: x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * w

    table = numbers("model.embed_tokens.weight", (c["vocab_size"], hidden), 0)
    x = table[IDS] * (math.sqrt(hidden) if gemma else c.get("embedding_multiplier", 1) if kind == "granite" else 1)
    for l in range(c["num_hidden_layers"]):
        p, (reach, slides, rotates) = f"model.layers.{l}.", window(c, l)
        h = x if after else norm(p + "input_layernorm", hidden)(x)
        if kind == "phi3": q, k, v = np.split(linear(p + "self_attn.qkv_proj", (heads + 2 * key_heads) * head, hidden)(h), [heads * head, (heads + key_heads) * head], -1)
        else: q, k, v = (linear(p + f"self_attn.{n}_proj", m * head, hidden, biased or kind == "qwen2")(h) for n, m in (("q", heads), ("k", key_heads), ("v", key_heads)))
        if kind == "olmo2": q, k = norm(p + "self_attn.q_norm", heads * head)(q), norm(p + "self_attn.k_norm", key_heads * head)(k)
        q, k, v = q.reshape(tokens, heads, head), k.reshape(tokens, key_heads, head), v.reshape(tokens, key_heads, head)
        if kind in ("qwen3", "qwen3_moe", "gemma3_text"): q, k = norm(p + "self_attn.q_norm", head)(q), norm(p + "self_attn.k_norm", head)(k)
        if rotates:
            inverse, factor = rotary(c, head, slides)
            half, cos, sin = len(inverse), np.cos(at * inverse)[:, None] * factor, np.sin(at * inverse)[:, None] * factor
            turn = lambda y: np.concatenate([y[..., :half] * cos - y[..., half:2 * half] * sin, y[..., half:2 * half] * cos + y[..., :half] * sin, y[..., 2 * half:]], -1)
            q, k = turn(q), turn(k)
        k, v = np.repeat(k, heads // key_heads, 1), np.repeat(v, heads // key_heads, 1)
        scores = np.einsum("qhd,khd->hqk", q, k) * scale
        cap = c.get("attn_logit_softcapping", 50.0 if kind == "gemma2" else None) if gemma else None
        if cap: scores = np.tanh(scores / cap) * cap
        seen = (before <= at) & (before > at - (reach if reach is not None else tokens))
        mixed = np.einsum("hqk,khd->qhd", softmax(np.where(seen, scores, -1e30)), v).reshape(tokens, -1)
        out = linear(p + "self_attn.o_proj", hidden, heads * head, biased)(mixed)
        if gemma or after: out = norm(p + "post_attention_layernorm", hidden)(out)
        x = x + out * residual
        h = x if after else norm(p + ("pre_feedforward_layernorm" if gemma else "post_attention_layernorm"), hidden)(x)
        sparse = kind == "qwen3_moe" and l not in (c.get("mlp_only_layers") or []) and (l + 1) % c.get("decoder_sparse_step", 1) == 0
        if kind == "mixtral" or sparse: out = mixture(c, p, h, hidden, linear, act)
        elif kind == "phi3":
            gate, up = np.split(linear(p + "mlp.gate_up_proj", 2 * c["intermediate_size"], hidden)(h), 2, -1)
            out = linear(p + "mlp.down_proj", hidden, c["intermediate_size"])(act(gate) * up)
        else:
            gate, up = (linear(p + f"mlp.{n}_proj", c["intermediate_size"], hidden, mlp_biased)(h) for n in ("gate", "up"))
            out = linear(p + "mlp.down_proj", hidden, c["intermediate_size"], mlp_biased)(act(gate) * up)
        if gemma or after: out = norm(p + "post_feedforward_layernorm", hidden)(out)
        x = x + out * residual
    x = norm("model.norm", hidden)(x)
    y = x @ (table if c.get("tie_word_embeddings", gemma or kind == "smollm3") else numbers("lm_head.weight", (c["vocab_size"], hidden), 0)).T
    if kind == "granite": y = y / c.get("logits_scaling", 1.0)
    cap = c.get("final_logit_softcapping", 30.0 if kind == "gemma2" else None) if gemma else None
    return np.tanh(y / cap) * cap if cap else y


def mixture(c, p, h, hidden, linear, act):
    mixtral, chosen = c["model_type"] == "mixtral", c["num_experts_per_tok"]
    count, width, place = (c["num_local_experts"], c["intermediate_size"], "block_sparse_moe") if mixtral else (c["num_experts"], c["moe_intermediate_size"], "mlp")
    shares = softmax(linear(f"{p}{place}.gate", count, hidden)(h))
    best = np.argsort(-shares, -1)[:, :chosen]
    weights = np.take_along_axis(shares, best, -1)
    if mixtral or c.get("norm_topk_prob", False): weights = weights / weights.sum(-1, keepdims=True)
    out = np.zeros_like(h)
    for e in range(count):
        name = lambda n, m: f"{p}{place}.experts.{e}.{m if mixtral else n}"
        gate, up, down = linear(name("gate_proj", "w1"), width, hidden), linear(name("up_proj", "w3"), width, hidden), linear(name("down_proj", "w2"), hidden, width)
        out += down(act(gate(h)) * up(h)) * (weights * (best == e)).sum(-1, keepdims=True)
    return out


SHORT, LONG = [1 + 0.1 * i for i in range(8)], [2 + 0.1 * i for i in range(8)]
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32)
LISTS = dict(short_factor=SHORT, long_factor=LONG)
MOE = dict(num_experts=6, num_experts_per_tok=2, moe_intermediate_size=20)
FULL, SLIDING = "full_attention", "sliding_attention"
CASES = {
    "llama": [
        dict(head_dim=24, attention_bias=True, mlp_bias=True), dict(partial_rotary_factor=0.75, hidden_act="gelu"), dict(rope_scaling=dict(type="linear", factor=2.5)),
        dict(rope_theta=500.0, rope_scaling=dict(rope_type="llama3", factor=5.0, low_freq_factor=1.5, high_freq_factor=3.0, original_max_position_embeddings=64)),
        dict(rope_scaling=YARN), dict(rope_scaling=dict(YARN, beta_fast=16, beta_slow=2, attention_factor=1.3)), dict(rope_scaling=dict(YARN, truncate=False)),
        dict(rope_parameters=dict(YARN, rope_theta=3000.0, mscale=0.7, mscale_all_dim=1.1)),
        dict(rope_scaling=dict(rope_type="longrope", original_max_position_embeddings=32, **LISTS)), dict(rope_scaling=dict(rope_type="longrope", factor=2.0, original_max_position_embeddings=32, **LISTS)),
    ],
    "mistral": [dict(), dict(sliding_window=5, use_sliding_window=False)],
    "mixtral": [dict(num_local_experts=4, num_experts_per_tok=3, sliding_window=5), dict(num_local_experts=4, num_experts_per_tok=2, head_dim=24)],
    "smollm3": [
        dict(), dict(no_rope_layers=[1, 0, 1, 1, 0]), dict(no_rope_layer_interval=2, use_sliding_window=True, sliding_window=5, attention_bias=True, mlp_bias=True),
        dict(use_sliding_window=True, sliding_window=5, layer_types=[SLIDING] + [FULL] * 4, tie_word_embeddings=False),
    ],
    "qwen2": [dict(), dict(use_sliding_window=True, sliding_window=5, max_window_layers=2, head_dim=24)],
    "qwen3": [
        dict(), dict(head_dim=24, attention_bias=True, tie_word_embeddings=True),
        dict(head_dim=16, use_sliding_window=True, sliding_window=4, layer_types=[SLIDING, FULL, SLIDING, FULL, SLIDING]),
    ],
    "qwen3_moe": [
        MOE, dict(MOE, norm_topk_prob=True), dict(MOE, decoder_sparse_step=2), dict(MOE, mlp_only_layers=[0, 3], attention_bias=True, head_dim=24),
        dict(MOE, use_sliding_window=True, sliding_window=5, max_window_layers=3),
    ],
    "gemma2": [
        dict(sliding_window=5), dict(head_dim=24, query_pre_attn_scalar=40, attn_logit_softcapping=2.0, final_logit_softcapping=None, sliding_window=3),
        dict(head_dim=16, attention_bias=True, attn_logit_softcapping=None, layer_types=[FULL, SLIDING, SLIDING, FULL, FULL], sliding_window=4),
    ],
    "gemma3_text": [
        dict(head_dim=16, sliding_window=4), dict(head_dim=16, sliding_window=4, sliding_window_pattern=3, rope_local_base_freq=300.0, rope_scaling=dict(rope_type="linear", factor=8.0)),
        dict(head_dim=24, sliding_window=6, attn_logit_softcapping=3.0, final_logit_softcapping=4.0, query_pre_attn_scalar=20, sliding_window_pattern=2),
    ],
    "phi3": [
        dict(partial_rotary_factor=0.5, sliding_window=5), dict(original_max_position_embeddings=32, rope_scaling=dict(type="su", **LISTS)),
        dict(original_max_position_embeddings=32, rope_scaling=dict(type="yarn", **LISTS)),
    ],
    "granite": [dict(), dict(attention_multiplier=0.3, embedding_multiplier=5.0, residual_multiplier=0.4, logits_scaling=3.0, attention_bias=True, mlp_bias=True)],
    "olmo2": [dict(attention_bias=True), dict(num_key_value_heads=1, rope_scaling=YARN)],
}

if __name__ == "__main__":
    rows = []
    for kind, settings in CASES.items():
        for own in settings:
            config = dict(model_type=kind, **BASE)
            config.update(own)
            # The last position has seen everything that a window lets through.
            rows.append(json.dumps(dict(config=config, logits=[round(float(v), 7) for v in logits(config)[-1]])))
    sys.stdout.write("[\n" + ",\n".join(rows) + "\n]\n")
