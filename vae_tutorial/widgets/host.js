// Stands in for Jupyter on a page: gives widgets back their state, and tells them of changes.

async function restored(value) {
  if (Array.isArray(value)) return Promise.all(value.map(restored));
  if (value === null || typeof value !== "object") return value;
  const parts = Object.entries(value).map(async ([name, part]) => {
    return [name, name === "$bytes" ? await unzipped(part) : await restored(part)];
  });
  return Object.fromEntries(await Promise.all(parts));
}

async function unzipped(base64) {
  const zipped = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new DataView(await new Response(stream).arrayBuffer());
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
