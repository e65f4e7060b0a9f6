"""Makes a site of the documents with MkDocs, for reading and searching without a network: make_site.py FOLDER.

The Markdown stays as it is: links between files are those of the repository, and MkDocs turns them into links between
pages. The order of the pages is that in which README.md names them.
"""

import json
import pathlib
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
STYLE = ROOT / "docs" / "site" / "site.css"
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
MKDOCS = shutil.which("mkdocs", path="/usr/bin") or "mkdocs"  # Debian's, whatever else is first in PATH


def documents():
    """Names the pages: what is Markdown at the root and in docs/."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def links(page, after=""):
    """Names the files of the repository to which a page has links, in their order; only those after a heading, if given."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in LINK.findall(text[max(0, text.find(after)):]):
        if "://" not in target and not target.startswith("mailto:"):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(page), urllib.parse.unquote(target)))


def order(pages):
    """Sorts the pages as the README names them; those that only others name come behind."""
    named = [page for page in dict.fromkeys(links("README.md", "## Read on")) if page in pages]
    return ["README.md", *named, *[page for page in pages if page not in named and page != "README.md"]]


def configuration(source, target, pages):
    """Returns MkDocs' settings. JSON is YAML too."""
    return {
        "site_name": "Vitrine",
        "docs_dir": str(source),
        "site_dir": str(target),
        "use_directory_urls": False,  # so that the pages can be read from a disk
        "nav": pages,
        "extra_css": ["site.css"],
        "theme": {
            "name": "material",
            "font": False,  # nothing from other servers
            "icon": {"logo": "material/television-play"},
            "features": ["navigation.top", "search.highlight"],
            "palette": {"scheme": "default", "primary": "custom", "accent": "custom"},  # light and dark: site.css
        },
        "plugins": ["search"],
        "markdown_extensions": [{"toc": {"permalink": True}}, "tables", "fenced_code", "sane_lists", "md_in_html",
                                {"codehilite": {"guess_lang": False}}],
        "extra": {"generator": False},
    }


def main():
    target = pathlib.Path(sys.argv[1]).resolve()
    pages = order(documents())
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "source"
        beside = {name for page in pages for name in links(page) if (ROOT / name).is_file()}
        for name in sorted(beside.union(pages)):
            copy = source / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy)
        shutil.copyfile(STYLE, source / "site.css")
        settings = pathlib.Path(folder) / "mkdocs.yml"
        settings.write_text(json.dumps(configuration(source, target, pages)), encoding="utf-8")
        subprocess.run([MKDOCS, "build", "--clean", "--strict", "--quiet", "--config-file", str(settings)], check=True)
    print(f"{len(pages)} pages in {target}")


if __name__ == "__main__":
    main()
