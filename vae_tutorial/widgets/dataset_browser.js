const COLUMNS = 10;

export default explorer({
  size: ({ image_shape: [height, width] }) => [WIDTH, Math.ceil((4 * WIDTH * height) / COLUMNS / width)],
  look({ label, page }, { names, counts, pictures }) {
    const number = names.indexOf(label);
    const [all, count] = [pictures[number], counts[number]];
    const size = all.shape[0];
    const images = [];
    // After its last image a class begins again.
    for (let i = 0; i < Math.min(40, size); i++) images.push(at(all, (40 * (page - 1) + i) % size));
    const shown = `page ${page}: ${images.length} of its ${count.toLocaleString("en")} training images.`;
    const sentence = size ? `Class ${label}, ${shown}` : `Class ${label} has no training images.`;
    return { images, sentence };
  },
  paint(ink, { images }) {
    const wide = WIDTH / COLUMNS;
    images.forEach((image, i) => {
      const tall = (wide * image.shape[0]) / image.shape[1];
      picture(ink, image, (i % COLUMNS) * wide + 1, Math.floor(i / COLUMNS) * tall + 1, wide - 2, tall - 2);
    });
  },
});
