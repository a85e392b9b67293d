// Removes a folder that tsc writes, so that no file stays behind whose source is gone.
import { rmSync } from "node:fs";

const [folder] = process.argv.slice(2);
if (folder !== "build" && folder !== "dist") {
  throw new Error("usage: node scripts/clean.js build|dist");
}
rmSync(new URL(`../${folder}`, import.meta.url), { recursive: true, force: true });
