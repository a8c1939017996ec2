export default explorer({
  size: ({ x }) => [WIDTH, (WIDTH / 3) * (x.shape[1] / x.shape[2]) + 34],
  look({ latent_dim: size, image }, { x, copies }) {
    const original = at(x, image);
    const copy = at(copies[`${size}`], image);
    const apart = { shape: copy.shape, data: copy.data.map((value, i) => Math.abs(value - original.data[i])) };
    const error = squaredError(copy, original);
    const sentence =
      `Original, reconstruction from ${plural(size, "number")}, and where they differ: squared error ${general(error)}.`;
    return { numbers: { error }, images: [original, copy, apart], sentence };
  },
  paint(ink, { images }) {
    const wide = WIDTH / 3;
    ["original", "copy", "difference"].forEach((name, i) => {
      text(ink, name, (i + 0.5) * wide, 16);
      const tall = (wide * images[i].shape[0]) / images[i].shape[1];
      picture(ink, images[i], i * wide + 2, 34, wide - 4, tall - 4);
    });
  },
});
