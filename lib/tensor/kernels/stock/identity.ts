import type { KernelConfig, TensorInfo } from "@tensorflow/tfjs";
import type { WasmBackend } from "../heap.ts";

/**
 * tf.clone without a copy: both tensors share their numbers, as on the other backends. The tape clones every tensor
 * that it saves. Tensors are immutable; whoever writes in place asks for the reference count first.
 */
export const identity: KernelConfig = {
  kernelName: "Identity",
  backendName: "wasm",
  kernelFunc: ({ inputs, backend }) => {
    const x = inputs.x as TensorInfo;
    (backend as WasmBackend).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  },
};
