const [SIDE, RIGHT] = [560, 250]; // pixels of the map, and of the picture beside it
const TILES = 14;

// The whole plane decoded, once, in black on white, so that dots show above it.
const planes = new WeakMap();
function plane(data) {
  if (planes.has(data)) return planes.get(data);
  const made = Object.assign(document.createElement("canvas"), { width: 2 * SIDE, height: 2 * SIDE });
  const [ink, map, tile] = [made.getContext("2d"), codeMap(data, SIDE), (2 * SIDE) / TILES];
  for (let i = 0; i < TILES ** 2; i++) {
    const [column, row] = [i % TILES, Math.floor(i / TILES)];
    const image = decode(data.decoder, map.code([(column + 0.5) / TILES, (row + 0.5) / TILES]));
    picture(ink, { ...image, data: image.data.map((x) => 1 - x) }, column * tile, row * tile, tile, tile);
  }
  planes.set(data, made);
  return made;
}

export default explorer({
  size: () => [SIDE + 10 + RIGHT, SIDE],
  look({ z, noise = 0 }, { codes, labels, decoder, epsilon }) {
    const around = noise ? each(epsilon).map(({ data }) => z.map((x, i) => x + noise * data[i])) : [z];
    let [nearest, least] = [0, Infinity];
    for (let i = 0; i < codes.shape[0]; i++) {
      const distance = (codes.data[2 * i] - z[0]) ** 2 + (codes.data[2 * i + 1] - z[1]) ** 2;
      if (distance < least) [nearest, least] = [i, distance];
    }
    const label = labels ? ` (class ${labels[nearest]})` : "";
    const distance = Math.sqrt(least);
    const sentence =
      `z = (${fixed(z[0], 2)}, ${fixed(z[1], 2)}); the nearest real code${label} is ${general(distance)} away.` +
      (noise ? ` Nine draws with noise of stddev ${round(noise, 3)}.` : "");
    return { numbers: { distance }, images: around.map((one) => decode(decoder, one)), around, sentence };
  },
  paint(ink, { images, around }, { z, show }, data) {
    const map = codeMap(data, SIDE);
    ink.save();
    ink.beginPath();
    ink.rect(0, 0, SIDE, SIDE);
    ink.clip();
    if (show !== "codes") ink.drawImage(plane(data), 0, 0, SIDE, SIDE);
    if (show !== "pictures") map.paint(ink);
    if (around.length > 1) for (const one of around) dot(ink, ...map.place(one), 5, COLORS[4]);
    dot(ink, ...map.place(z), 11, "#00000000"); // a ring, so that what is there shows
    dot(ink, ...map.place(z), 4, COLORS[4]);
    ink.restore();
    const [count, left] = [around.length > 1 ? 3 : 1, SIDE + 10];
    const side = RIGHT / count;
    images.forEach((image, i) => {
      picture(ink, image, left + (i % count) * side, Math.floor(i / count) * side, side - 2, side - 2);
    });
  },
  drag(state, start, here, data) {
    const share = (SIDE + 10 + RIGHT) / SIDE;
    if (start[0] * share > 1) return {}; // beside the map
    return { z: codeMap(data, SIDE).code([here[0] * share, here[1]]) };
  },
});
