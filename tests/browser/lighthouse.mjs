// Lighthouse, once for all pages: a line of JSON in says what to look at, one out what
// came of it. The argument is the port at which Chromium listens.
import { createInterface } from "node:readline";
import lighthouse from "lighthouse";

const port = Number(process.argv[2]);
for await (const line of createInterface({ input: process.stdin })) {
  const { url, categories, skipped, slowdown } = JSON.parse(line);
  const { lhr } = await lighthouse(url, {
    port,
    logLevel: "silent",
    onlyCategories: categories,
    skipAudits: skipped,
    disableFullPageScreenshot: true,
    throttling: { cpuSlowdownMultiplier: slowdown },
  });
  process.stdout.write(`${JSON.stringify(lhr)}\n`);
}
