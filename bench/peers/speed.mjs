// llama.cpp's side of `speed`: how fast it reads and speaks, for one model.
//
//   node speed.mjs JOB.json     JOB {"model": "model.gguf", "threads": 2, "prompt": 512, "tokens": 128, "rounds": 1, "flash": true}
//   prints {"read": [tokens a second …], "speak": [tokens a second …]}
//
// Reading evaluates random tokens with no logits asked for; speaking evaluates one token after the other and takes the likeliest.
import { readFileSync } from "node:fs";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, progressLogs: false, maxThreads: job.threads, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: job.model });
const context = await model.createContext({ contextSize: job.prompt + job.tokens + 64, batchSize: 512, threads: job.threads, flashAttention: job.flash });
const sequence = context.getSequence();
// xorshift32: every run reads the same tokens.
let state = 0x9e3779b9;
const random = below => { state ^= state << 13; state ^= state >>> 17; state ^= state << 5; return (state >>> 0) % below; };
const words = model.fileInfo.metadata.tokenizer.ggml.tokens.length;

async function read() {
  await sequence.clearHistory();
  const tokens = Array.from({ length: job.prompt }, () => 300 + random(words - 300));
  const start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(tokens);
  return job.prompt / (performance.now() - start) * 1000;
}

async function speak() {
  await sequence.clearHistory();
  let count = 0, start = 0;
  for await (const _ of sequence.evaluate([1], { temperature: 0, yieldEogToken: true })) {
    if (count === 0) start = performance.now();
    if (count++ === job.tokens) break;
  }
  return job.tokens / (performance.now() - start) * 1000;
}

const results = { read: [], speak: [] };
// One of each first, unmeasured: pages are mapped and weights repacked.
for (let round = -1; round < job.rounds; round++) {
  const r = job.prompt > 0 ? await read() : 0, s = job.tokens > 0 ? await speak() : 0;
  if (round >= 0) { results.read.push(r); results.speak.push(s); }
}
console.log(JSON.stringify(results));
process.exit(0);
