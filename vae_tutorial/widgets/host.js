// Stands in for Jupyter on a page: gives widgets back their state, and tells them of changes.

async function restored(value) {
  if (Array.isArray(value)) return Promise.all(value.map(restored));
  if (value === null || typeof value !== "object") return value;
  if ("$bytes" in value) return { ...value, $bytes: await unzipped(value.$bytes, value.dtype) };
  const parts = Object.entries(value).map(async ([name, part]) => [name, await restored(part)]);
  return Object.fromEntries(await Promise.all(parts));
}

async function unzipped(base64, dtype) {
  const zipped = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("deflate"));
  const columns = new Uint8Array(await new Response(stream).arrayBuffer()); // see page.py
  const size = { uint8: 1, float16: 2, float32: 4 }[dtype];
  const count = columns.length / size;
  const bytes = columns.map((_, i) => columns[(i % size) * count + Math.floor(i / size)]);
  return new DataView(bytes.buffer);
}

function hostModel(state) {
  const heard = {};
  return {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      for (const tell of heard[`change:${name}`] ?? []) tell();
    },
    on: (event, tell) => (heard[event] ??= []).push(tell),
    off: (event, tell) => (heard[event] = heard[event].filter((other) => other !== tell)),
    save_changes() {}, // there is no kernel to save them to
  };
}

async function host(widget, id) {
  const el = document.getElementById(id);
  const state = JSON.parse(el.querySelector("script").textContent);
  el.replaceChildren();
  try {
    widget.render({ model: hostModel(await restored(state)), el });
  } catch (problem) {
    el.append(`This widget needs a newer browser, of 2023 or later (${problem}).`);
  }
}
