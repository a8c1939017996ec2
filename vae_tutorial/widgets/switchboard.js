const NEXT = { sent: "silent", silent: "shaken", shaken: "sent" };

// A button for each latent; each press takes the next of its three states.
CONTROLS.toggles = (box, { labels }, put) => {
  let values = [];
  const buttons = labels.map((label, i) => {
    const button = element("button", { type: "button", class: "vae-toggle" });
    button.onclick = () => put(values.map((value, j) => (i === j ? NEXT[value] : value)));
    return button;
  });
  const all = element("button", { type: "button", class: "vae-toggle" }, "Send all");
  all.onclick = () => put(values.map(() => "sent"));
  box.append(element("div", { class: "vae-toggles", role: "group", "aria-label": "latents" }, ...buttons, all));
  return (list) => {
    values = list;
    buttons.forEach((button, i) => {
      button.textContent = `${labels[i]}: ${list[i]}`;
      button.dataset.state = list[i];
    });
  };
};

export default explorer({
  size: () => [WIDTH, WIDTH / 3 + 34],
  look({ image, latents }, { x, z_mean, bits, decoder, epsilon }) {
    const sent = Array.from(at(z_mean, image).data);
    const shaken = latents.includes("shaken") ? each(epsilon) : [at(epsilon, 0)];
    const value = { sent: (i) => sent[i], silent: () => 0, shaken: (i, noise) => noise[i] };
    const received = shaken.map(({ data }) => decode(decoder, latents.map((state, i) => value[state](i, data))));
    const copy = decode(decoder, sent);
    const error = sum(received.map((one) => squaredError(one, at(x, image)))) / received.length;
    const passed = sum(bits.map((each, i) => (latents[i] === "sent" ? each : 0)));
    const sentence =
      `${latents.filter((state) => state === "sent").length} of ${latents.length} latents sent, ` +
      `${passed.toFixed(1)} of ${sum(bits).toFixed(1)} bits; squared error ${error.toFixed(1)}` +
      (received.length > 1 ? ", on average over nine draws." : ".");
    return { numbers: { error, passed }, images: [copy, ...received], sentence };
  },
  paint(ink, { images: [copy, ...received] }, { image }, { x }) {
    const wide = WIDTH / 3;
    ["original", "all sent", "received"].forEach((name, i) => text(ink, name, (i + 0.5) * wide, 16));
    picture(ink, at(x, image), 2, 34, wide - 4, wide - 4);
    picture(ink, copy, wide + 2, 34, wide - 4, wide - 4);
    const count = received.length > 1 ? 3 : 1;
    const side = (wide - 2) / count;
    received.forEach((one, i) => {
      picture(ink, one, 2 * wide + 2 + (i % count) * side, 34 + Math.floor(i / count) * side, side - 2, side - 2);
    });
  },
});
