"""The page's style: two themes by the reader's choice, one column on a phone, black on white on paper."""

from __future__ import annotations

LIGHT = {
    "page": "#ffffff",
    "raised": "#f3f5f8",
    "text": "#1b2430",
    "quiet": "#4d5a6b",
    "line": "#c9d1dc",
    "accent": "#0b57a4",
    "good": "#146c2e",
    "bad": "#a3162a",
    "box": "#e7f0fa",
    "edge": "#5a6b80",
}
DARK = {
    "page": "#11161d",
    "raised": "#1a212b",
    "text": "#e6ebf2",
    "quiet": "#a9b5c5",
    "line": "#364253",
    "accent": "#7db8f5",
    "good": "#6fd08c",
    "bad": "#ff97a3",
    "box": "#1f3148",
    "edge": "#8b9bb0",
}


def _theme(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


_RULES = """
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
a{color:var(--accent)}
a:focus-visible,.scroll:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--page);padding:.5rem 1rem;z-index:1}
header,main,footer,nav{max-width:76rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.4rem;margin:3rem 0 .75rem;padding-top:.75rem;border-top:1px solid var(--line)}
h3{font-size:1.1rem;margin:2rem 0 .5rem}
p{max-width:46rem;margin:.5rem 0}
nav ul{display:flex;flex-wrap:wrap;gap:.35rem 1.1rem;list-style:none;margin:1.25rem 0 0;padding:.7rem 1rem;
background:var(--raised);border-radius:8px}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:1.25rem 0}
dl div{background:var(--raised);border-radius:8px;padding:.7rem .9rem}
dt{color:var(--quiet);font-size:.85rem}
dd{margin:0;font-size:1.35rem;font-weight:600;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:1rem 0;border-radius:4px}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;font-weight:600;padding:.3rem 0;color:var(--text)}
th,td{text-align:left;vertical-align:top;padding:.45rem .7rem;border-bottom:1px solid var(--line)}
thead th{background:var(--raised);font-size:.82rem;color:var(--quiet);white-space:nowrap}
tbody th{font-weight:600}
td{min-width:7rem;overflow-wrap:anywhere}
tbody th{min-width:6rem}
code{font:.88em/1.4 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
td code,th code{overflow-wrap:break-word}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--raised);padding:1rem;border-radius:8px;
font:.85rem/1.45 ui-monospace,"DejaVu Sans Mono",monospace}
.quiet{color:var(--quiet)}
.good{color:var(--good);font-weight:600}
.bad{color:var(--bad);font-weight:600}
figure{margin:1rem 0}
figcaption{color:var(--quiet);font-size:.85rem}
.picture{background:var(--raised);text-align:center}
svg{max-width:100%;height:auto}
svg text{font:12px system-ui,"Segoe UI","DejaVu Sans",sans-serif;fill:var(--text);text-anchor:middle}
.node rect{fill:var(--page);stroke:var(--edge);stroke-width:1.2}
.node.task rect{fill:var(--box);stroke:var(--accent)}
.node.choice rect{stroke-dasharray:5 3}
.node.end rect{stroke:var(--good);stroke-width:2}
.node.bad rect{stroke:var(--bad);stroke-width:2}
.edge{fill:none;stroke:var(--edge);stroke-width:1.3}
.edge.dashed{stroke:var(--bad);stroke-dasharray:4 4;stroke-width:1}
.edge:hover{stroke-width:3}
marker path{fill:var(--edge)}
footer{padding-top:2rem;padding-bottom:3rem;color:var(--quiet);font-size:.9rem}
@media (max-width:48rem){h1{font-size:1.5rem}.picture svg{max-width:none}}
"""
_PRINT = """
@media print{
nav,.skip{display:none}
body{font-size:10pt}
.scroll{overflow:visible}
.picture svg{max-width:100%}
tr,figure,dl div{break-inside:avoid}
thead{display:table-header-group}
h2,h3,caption{break-after:avoid}
}
"""
STYLE = (
    f":root{{color-scheme:light dark;{_theme(LIGHT)}}}\n"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_theme(DARK)}}}}}"
    f"{_RULES}{_PRINT}"
)
