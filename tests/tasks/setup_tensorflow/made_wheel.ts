import { writeFile } from "node:fs/promises";
import { configure, TextReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";

configure({ useWebWorkers: false });

/** Writes a wheel of some text files. */
export async function makeWheel(path: string, files: Readonly<Record<string, string>>): Promise<void> {
  const zip = new ZipWriter(new Uint8ArrayWriter());
  for (const [name, text] of Object.entries(files)) await zip.add(name, new TextReader(text));
  await writeFile(path, await zip.close());
}

/** What a TensorFlow wheel has, as far as set-up looks at it. */
export const wheelFiles = {
  "tensorflow/libtensorflow_cc.so.2": "library",
  "tensorflow/libtensorflow_framework.so.2": "framework",
  "tensorflow/python/_pywrap.so": "Python's",
  "tensorflow/include/tensorflow/c/c_api.h": '#include <stdint.h>\n# include "tensorflow/c/tf_status.h"\n',
  "tensorflow/include/tensorflow/c/tf_status.h": '#include "tensorflow/c/c_api.h"\n#include "xla/c/status.h"\n',
  "tensorflow/include/xla/c/status.h": "",
  "tensorflow/include/xla/c/other.h": "",
  "tensorflow-2.21.0.dist-info/METADATA": [
    "Name: tensorflow",
    "Requires-Dist: numpy>=1.26.0",
    "Provides-Extra: and-cuda",
    'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
    'Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.3.0.75; extra == "and-cuda"',
    'Requires-Dist: tensorflow-io>=0.23.1; (sys_platform != "win32") and extra == "gcs-filesystem"',
  ].join("\n"),
} as const;
