// The first widget comes first: the icons' font and the other widgets wait until the page is there.
document.documentElement.classList.add("early"); // see pages.css
addEventListener("load", () => {
  document.documentElement.classList.remove("early");
  for (const place of document.querySelectorAll("[data-script]")) {
    const script = document.createElement("script");
    script.src = place.dataset.script;
    document.head.append(script);
  }
});
