// llama.cpp's side: loads a base and, if named, a LoRA, reads token ids, continues them greedily.
//
//   node lora.mjs JOB.json RESULT.json
//   JOB     {"base": "model.gguf", "lora": "adapter.gguf" | null, "n": 24, "prompts": [[ids], ...]}
//   RESULT  {"sequences": [{"ids": [prompt and continuation], "ends": [whether each id ends an answer], "logits": [[vocabulary] for each id]}, ...]}
//
// The logits at position i are those after ids[0..i]. The likeliest token is taken from them here, not by a sampler, and an end token
// does not end the sequence: what is compared is the model, not when to stop.
import { readFileSync, writeFileSync } from "node:fs";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const llama = await getLlama({
  gpu: false, build: "never", skipDownload: true, progressLogs: false, maxThreads: 1,
  logLevel: LlamaLogLevel.warn, logger: (_, message) => process.stderr.write(message.trimEnd() + "\n"),
});
const model = await llama.loadModel({ modelPath: job.base });
// Room to spare: a sequence that fills its context to the last place has its beginning dropped, and the last logits are of another text.
const longest = Math.max(...job.prompts.map(p => p.length)) + job.n + 8;
const context = await model.createContext({
  contextSize: longest, threads: 1, // models this small only wait for a second thread
  // The default cache is f16 and flash attention may accumulate in it: on a float32 base that alone moves logits by about 1e-3.
  flashAttention: false, experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32",
  ...(job.lora ? { lora: { adapters: [{ filePath: job.lora, scale: 1 }] } } : {}),
});
const sequence = context.getSequence();

/** Evaluates tokens after what the sequence holds; the logits of each, by token id. */
async function evaluate(tokens) {
  const results = await sequence.controlledEvaluate(tokens.map(t => [t, { generateNext: { logits: true, options: { temperature: 0 } } }]));
  return results.map(({ next: { logits } }) => {
    const row = new Array(logits.size);
    for (const [token, logit] of logits) row[token] = logit;
    return row;
  });
}

const sequences = [];
for (const prompt of job.prompts) {
  await sequence.clearHistory();
  const ids = [...prompt], logits = await evaluate(prompt);
  for (let i = 0; i < job.n; i++) {
    const row = logits.at(-1);
    const token = row.reduce((best, value, id) => value > row[best] ? id : best, 0);
    ids.push(token);
    logits.push(...await evaluate([token]));
  }
  sequences.push({ ids, ends: ids.map(id => model.isEogToken(id)), logits });
}
writeFileSync(process.argv[3], JSON.stringify({ sequences }));
process.exit(0);
