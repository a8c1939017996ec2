// Four widgets around a decoder: from the controls to a code and a sentence, then to the image.
const CODES = {
  scale: ({ scale }, { ones }) => [ones.map(() => scale), `Input: ${general(scale)} (trained with 1).`],
  mix({ code }, { names }) {
    const parts = code.map((share, i) => [share, names[i]]).filter(([share]) => share);
    return [code, `Code: ${parts.map(([share, name]) => `${general(share)} ${name}`).join(" + ") || "all zeros"}.`];
  },
  free: ({ z }) => [z, `z = (${z.map((x) => fixed(x, 1)).join(", ")})`],
  path({ position }, { codes, names }) {
    const first = Math.min(Math.floor(position), names.length - 2);
    const share = position - first;
    const [from, to] = [at(codes, first).data, at(codes, first + 1).data];
    const code = Array.from(from, (x, i) => (1 - share) * x + share * to[i]);
    return [code, `${percent(share)} of the way from ${names[first]} to ${names[first + 1]}.`];
  },
};

export default explorer({
  size: ({ decoder: { shape: [height, width] } }) => [360, Math.round((360 * height) / width)],
  look(state, data) {
    const [code, sentence] = CODES[data.code](state, data);
    return { images: [decode(data.decoder, code)], sentence };
  },
  paint(ink, { images: [image] }) {
    picture(ink, image, 0, 0, 360, (360 * image.shape[0]) / image.shape[1]);
  },
});
