/** The package as others get it: packed, installed into an empty project, compiled against and run. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import * as api from "../src/index.js";
import { PACKAGE, ROOT } from "./paths.js";
import { theStage } from "./shared-stage.js";
import type { Stage } from "./stage.js";

const HERE = fileURLToPath(PACKAGE);
const PAGES = ["README.md", "docs/typescript.md", "clients/typescript/README.md"];
const BLOCK = /(?<before>[^\n]*)\n```ts\n(?<text>.*?)\n```/gs;

/** Runs modules one after the other; one that throws or prints nothing ends it. */
const RUN_EACH = `
const print = console.log;
for (const path of process.argv.slice(2)) {
  let lines = 0;
  console.log = (...words) => {
    lines += 1;
    print(...words);
  };
  await import(path);
  if (lines === 0) throw new Error(path + " prints nothing");
}
`;

interface Snippet {
  readonly name: string;
  readonly text: string;
  readonly run: boolean;
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

let stage: Stage;
let project: string;
let packed: Packed;

before(async () => {
  stage = await theStage();
  project = join(stage.folder, "project");
  mkdirSync(project);
  const made = await run("npm", ["pack", "--json", "--pack-destination", stage.folder], HERE);
  packed = Object.values(JSON.parse(made) as Record<string, Packed>)[0] ?? assert.fail();
  write("package.json", JSON.stringify({ name: "empty", private: true, type: "module" }));
  const options = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...options, join(stage.folder, packed.filename)], project);
});

describe("the package", () => {
  it("holds what it needs and nothing else", () => {
    const paths = packed.files.map(({ path }) => path);
    const others = paths.filter((path) => !path.startsWith("dist/")).toSorted();
    assert.deepEqual(others, ["LICENSE", "README.md", "package.json"]);
    assert.ok(paths.every((path) => !path.startsWith("dist/") || /\.(?:js|d\.ts)$/.test(path)));
    for (const path of paths) {
      const text = readFileSync(join(project, "node_modules", "applemusic-grpc", path), "utf8");
      assert.doesNotMatch(text, /registry\.\w|\/(?:home|root|work)\//, path);
    }
  });

  it("is compiled against and runs, with every example of the documentation", async () => {
    const song = await stage.client().catalog.search("interlude", { pageSize: 1 });
    const songId = song.songs[0]?.id ?? assert.fail();
    const snippets = PAGES.flatMap((page) => snippetsOf(page, songId));
    assert.ok(snippets.length > 8);
    write(
      "tsconfig.json",
      JSON.stringify({
        compilerOptions: {
          target: "es2022",
          module: "nodenext",
          strict: true,
          skipLibCheck: true,
          outDir: "out",
          types: ["node"],
          typeRoots: [join(HERE, "node_modules", "@types")],
        },
        include: ["*.ts"],
      }),
    );
    copyFileSync(join(HERE, "examples", "mini-player.ts"), join(project, "mini-player.ts"));
    for (const { name, text } of snippets) {
      write(`${name}.ts`, text);
    }
    await run(join(HERE, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.json"], project);
    const wanted = snippets.filter((snippet) => snippet.run).map(({ name }) => `./out/${name}.js`);
    write("run.js", RUN_EACH);
    const said = await run("node", ["run.js", ...wanted], project);
    assert.match(said, /^Interlude/m);
    const player = [
      join("out", "mini-player.js"),
      "--server",
      stage.grpc,
      "--count",
      "2",
      "interlude",
    ];
    const played = await run("node", player, project);
    assert.ok(played.length > 100_000, "two songs were played");
  });
});

/** The blocks of a page: whole programs as they are, the others with a client and a song at hand. */
function snippetsOf(page: string, songId: string): Snippet[] {
  const text = readFileSync(new URL(page, ROOT), "utf8");
  return Array.from(text.matchAll(BLOCK), ({ index, groups }) => {
    const line = text.slice(0, index).split("\n").length + 1;
    const block = (groups?.["text"] ?? "").replaceAll("127.0.0.1:50051", stage.grpc);
    const whole = block.includes('from "applemusic-grpc"');
    return {
      name: `${page.replaceAll(/\W+/g, "_")}_${line}`,
      text: whole ? block : around(block, songId),
      run: !/<!-- not run: .+ -->/.test(groups?.["before"] ?? ""),
    };
  });
}

function around(block: string, songId: string): string {
  const used = Object.keys(api).filter((name) => new RegExp(`\\b${name}\\b`).test(block));
  return `import { ${[...new Set(["Client", ...used])].join(", ")} } from "applemusic-grpc";
const music = new Client(${JSON.stringify(stage.grpc)});
const song = await music.catalog.getSong(${JSON.stringify(songId)});
${block}
music.close();
export { song };
`;
}

function write(name: string, text: string): void {
  writeFileSync(join(project, name), text);
}

/** Runs a program and returns what it prints; one that fails is an error with all it said. */
async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  let complained = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complained += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  assert.equal(code, 0, `${program} ${args.join(" ")}:\n${printed}${complained}`);
  return printed;
}
