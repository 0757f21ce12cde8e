import * as tf from "@tensorflow/tfjs";
import { type BackendName, useBackend } from "../../lib/tensor/backend.ts";

// Run by backend_test.ts in a process of its own.
await useBackend(Deno.args[0] as BackendName);
console.log([...tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1], [10]])).dataSync()].join());
