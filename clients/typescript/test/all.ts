/**
 * Every test, in one process: the real server and the simulator are started once.
 *
 * Node 20 runs each file that it is given in a process of its own.
 */

import "./policy.test.js";
import "./paging.test.js";
import "./config.test.js";
import "./errors.test.js";
import "./connection.test.js";
import "./audio-stream.test.js";
import "./conformance.test.js";
import "./server.test.js";
import "./package.test.js";
