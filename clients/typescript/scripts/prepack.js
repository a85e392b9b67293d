// Puts the repository's licence into the package; npm takes no file from outside of its folder.
import { copyFileSync } from "node:fs";

copyFileSync(new URL("../../../LICENSE", import.meta.url), new URL("../LICENSE", import.meta.url));
