// Our GGUF LoRA files in llama.cpp: the same greedy tokens as ours with --exact, up to the first margin under 0.05. See README.md.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url)), root = resolve(here, "../..");
const lapwing = resolve(process.argv[2] ?? join(root, "src/Lapwing.Cli/bin/Release/net10.0/lapwing"));
const models = resolve(root, "../shared/models");

/** Under this difference between the two likeliest logits either may come first, and what follows is another text. */
const MARGIN = 0.05;
/** Two float32 implementations of a model of this size differ by rounding; an adapter that is read wrongly moves logits by 0.1 to 10. */
const TOLERANCE = 2e-3;
const TOKENS = 24;
const PROMPTS = ["Once upon a time", "The little dog", "Tom and Anna went to", "One day, a girl", "He said", "In the garden there was"];

function skip(why) { console.log(`skipped: ${why}`); process.exit(0); }
if (process.platform !== "linux" || process.arch !== "x64") skip("llama.cpp's pinned build is for Linux on x64");
if (!existsSync(models)) skip("the reference models (../shared/models) are not there");
if (!existsSync(lapwing)) { console.error(`error: ${lapwing} is not there; build first: dotnet build -c Release`); process.exit(1); }

const work = mkdtempSync(join(tmpdir(), "lora-check-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
const call = (program, ...args) => execFileSync(program, args, { encoding: "utf8", maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "pipe"] });
const ours = (...args) => call(lapwing, ...args);
const saved = (name, value) => { const file = join(work, name); writeFileSync(file, JSON.stringify(value)); return file; };

function theirs(base, lora, n, prompts) {
  const result = join(work, "result.json");
  call(process.execPath, join(here, "lora.mjs"), saved("job.json", { base, lora, n, prompts }), result);
  return JSON.parse(readFileSync(result, "utf8"));
}

/** The rows of tensor `logits` in a safetensors file: 8 bytes of header length, a JSON header, the data. */
function readLogits(file) {
  const bytes = readFileSync(file), header = Number(bytes.readBigUInt64LE(0));
  const { shape: [rows, columns], data_offsets: [start] } = JSON.parse(bytes.toString("utf8", 8, 8 + header)).logits;
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length: columns }, (_, c) => bytes.readFloatLE(8 + header + start + 4 * (r * columns + c))));
}

function ourLogits(base, lora, ids) {
  const out = join(work, "logits.safetensors");
  ours("eval", base, "--exact", "--adapter", lora, "--logits", saved("ids.json", ids), "-o", out, "--quiet");
  return readLogits(out);
}

const apart = (a, b) => a.reduce((most, row, i) => row.reduce((m, x, j) => Math.max(m, Math.abs(x - b[i][j])), most), 0);

/** The likeliest token and how far it stands above the second. */
function likeliest(row) {
  let first = row[0] >= row[1] ? 0 : 1, second = 1 - first;
  for (let i = 2; i < row.length; i++) if (row[i] > row[first]) { second = first; first = i; } else if (row[i] > row[second]) second = i;
  return { token: first, margin: row[first] - row[second] };
}

/**
 * Compares one continuation. Ours is known twice: from the logits of one pass over llama.cpp's ids (they name our token and margin at each
 * step, as long as the two agree), and from `run`, which makes its tokens one by one as a user gets them.
 */
function continuation(theirIds, start, logits, run) {
  const problems = [];
  let steps = 0;
  for (; start + steps < theirIds.length; steps++) {
    const { token, margin } = likeliest(logits[start + steps - 1]), their = theirIds[start + steps];
    if (margin < MARGIN) break;
    // The token that ends an answer is not among its tokens: where the run has stopped, the logits alone compare.
    const spoken = steps < run.tokens.length ? run.tokens[steps] : null;
    if (token !== their) { problems.push(`step ${steps}: ours ${token}, llama.cpp ${their}, margin ${margin.toFixed(3)}`); break; }
    if (spoken !== null && spoken !== their) { problems.push(`step ${steps}: run says ${spoken}, llama.cpp ${their}`); break; }
  }
  return { steps, problems };
}

function check(base, lora) {
  const prompts = PROMPTS.map(text => JSON.parse(ours("tokenize", base, text)));
  const { sequences } = theirs(base, lora, TOKENS, prompts);
  const bare = theirs(base, null, 0, sequences.map(s => s.ids)).sequences;
  let steps = 0, difference = 0, shift = 0;
  const problems = [];
  sequences.forEach(({ ids, logits }, i) => {
    const mine = ourLogits(base, lora, ids);
    const run = JSON.parse(ours("run", base, PROMPTS[i], "--raw", "--json", "--temp", "0", "--exact", "-n", `${TOKENS}`, "--adapter", lora, "--quiet"));
    const compared = continuation(ids, prompts[i].length, mine, run);
    steps += compared.steps;
    problems.push(...compared.problems.map(p => `"${PROMPTS[i]}" ${p}`));
    difference = Math.max(difference, apart(mine, logits));
    shift = Math.max(shift, apart(bare[i].logits, logits));
  });
  if (steps === 0) problems.push("no step had a margin to compare at");
  if (!(difference <= TOLERANCE)) problems.push(`logits differ by ${difference.toExponential(1)}, more than ${TOLERANCE}`);
  if (!(shift > 10 * TOLERANCE)) problems.push(`llama.cpp's logits hardly move with the adapter (${shift.toExponential(1)}): this proves nothing`);
  return { problems, text: `${steps} of ${PROMPTS.length * TOKENS} greedy tokens compared, logits within ${difference.toExponential(1)}, the adapter moves them by ${shift.toPrecision(3)}` };
}

const cases = ["tiny-lora-all", "tiny-rslora-qv", "tiny-lora-patterns", "tiny-lora-top-layer"].map(name => ({
  name, base: join(models, "tiny-random/llama/model.gguf"),
  make(file) { ours("adapter", "convert", join(models, "peft-golden", name, "adapter-after"), file, "--base", join(models, "tiny-random/llama")); return file; },
}));
cases.push({
  name: "stories260k, tuned here", base: join(models, "stories260k.f32.gguf"),
  make() {
    ours("tune", this.base, join(root, "src/Lapwing.Cli/Assets/tour.jsonl"), "-o", join(work, "tuned"), "--steps", "20", "--seed", "1", "--quiet");
    return join(work, "tuned/adapter.gguf");
  },
});

let right = 0, wrong = 0;
for (const c of cases) {
  let problems, text = "";
  try { ({ problems, text } = check(c.base, c.make(join(work, `${c.name}.gguf`)))); }
  catch (e) { problems = [String(e.stderr || e.stack).trim().split("\n").slice(-5).join(" | ")]; }
  if (problems.length === 0) right++; else wrong++;
  console.log(`${problems.length === 0 ? "right" : "WRONG"} ${c.name}: ${[text, ...problems].filter(Boolean).join("; ")}`);
}
console.log(`${right} right, ${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);
