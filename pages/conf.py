"""Sphinx's settings for the pages; ``pages.build`` prepares what it reads."""

import os

import latex2mathml.converter
from docutils import nodes

project = "What is a variational autoencoder, really?"
author = "the vae_tutorial authors"
extensions = ["myst_nb"]
exclude_patterns = ["_build"]
suppress_warnings = ["mystnb.unknown_mime_type"]

nb_execution_mode = "off"  # the stored outputs are the ones that the tests compare
nb_merge_streams = True
nb_ipywidgets_js = {}  # the widgets here need neither ipywidgets nor a kernel
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["widgets.css", "pages.css"]
html_js_files = [("widgets.js", {"priority": 200})]
html_show_copyright = False
html_copy_source = False
html_favicon = "favicon.svg"
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system
html_theme_options = {
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "navbar_start": [],  # no bar above the theme's own, whose buttons would go dead
    "navbar_persistent": [],
}
repository = os.environ.get("REPOSITORY", "")
if repository:
    html_theme_options |= {
        "repository_url": repository,
        "repository_branch": "main",
        "path_to_docs": "",
        "use_repository_button": True,
    }


def formula(display):
    """Writes a formula as MathML, which browsers draw themselves."""

    def visit(self, node):
        self.body.append(latex2mathml.converter.convert(node.astext(), display=display))
        raise nodes.SkipNode

    return visit, None


def setup(app):
    """Formulas without JavaScript."""
    app.add_html_math_renderer("mathml", formula("inline"), formula("block"))
    return {"parallel_read_safe": True}
