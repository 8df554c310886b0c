// Lapwing and llama.cpp alternately on the same files: medians and their ratios as a table. See README.md.
//
//   node speed-table.mjs LAPWING ROUNDS THREADS MODEL.gguf [MODEL.gguf …]
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [lapwing, rounds, threads, ...models] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), "speed-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
const prompt = Number(process.env.PROMPT ?? 512), tokens = Number(process.env.TOKENS ?? 128);
const call = (program, ...args) => execFileSync(program, args, { encoding: "utf8", maxBuffer: 1 << 26, stdio: ["ignore", "pipe", "pipe"] });
const median = values => { const v = [...values].sort((a, b) => a - b); return (v[v.length - 1 >> 1] + v[v.length >> 1]) / 2; };

function ours(model) {
  const result = JSON.parse(call(lapwing, "bench", model, "--json", "--quiet", "-r", "1", "-t", threads, "-p", String(prompt), "-n", String(tokens)));
  const of = name => result.results.find(r => r.test.startsWith(name));
  return { read: of("pp").tokens_per_second.median, speak: of("tg").tokens_per_second.median, limit: of("tg").percent_of_limit, machine: result.machine };
}

function theirs(model, flash) {
  const job = join(work, "job.json");
  writeFileSync(job, JSON.stringify({ model, threads: Number(threads), prompt, tokens, rounds: 1, flash }));
  const result = JSON.parse(call(process.execPath, join(here, "speed.mjs"), job));
  return { read: result.read[0], speak: result.speak[0] };
}

let machine;
console.log(`| model | pp${prompt}: Lapwing | llama.cpp | ratio | tg${tokens}: Lapwing | llama.cpp | ratio | of the bandwidth |`);
console.log("|---|---|---|---|---|---|---|---|");
for (const model of models) {
  const a = [], with_ = [], without = [];
  for (let round = 0; round < Number(rounds); round++) {
    a.push(ours(model));
    with_.push(theirs(model, true));
    without.push(theirs(model, false));
  }
  machine = a[0].machine;
  // The better of its two kinds of attention.
  const best = what => Math.max(median(with_.map(r => r[what])), median(without.map(r => r[what])));
  const [read, speak] = [median(a.map(r => r.read)), median(a.map(r => r.speak))];
  console.log(`| ${basename(model, ".gguf")} | ${read.toFixed(0)} | ${best("read").toFixed(0)} | ${(read / best("read")).toFixed(2)} | ${speak.toFixed(1)} | ${best("speak").toFixed(1)} | ${(speak / best("speak")).toFixed(2)} | ${median(a.map(r => r.limit)).toFixed(0)} % |`);
}
console.log(`\n${machine.cpu}, ${threads} threads, ${machine.isa}, ${rounds} rounds of A B B'; it reads ${machine.read_gb_per_second} GB/s, ${machine.fp32_gflops} GFLOP/s in float32; ${new Date().toISOString().slice(0, 10)}`);
