"""How a report looks: in light and in dark, on a wide screen and on a phone."""

from __future__ import annotations

#: The colours of `matplotlib`'s magma, by which differences are drawn, for the scale beside them.
SCALE = ("#000004", "#3b0f70", "#8c2981", "#de4968", "#fe9f6d", "#fcfdbf")

#: Of the charts, here and in the notebook, whose page names no colours: these read on both.
CHART_STYLE = """
.cp-chart { --first: var(--blue, #3b82c4); --second: var(--green, #2f9e63);
  --third: var(--amber, #d18a1b); --fourth: var(--violet, #9467bd);
  --axis: var(--line, rgba(128,128,128,.4)); --faded: var(--quiet, #888);
  margin: 20px 0 32px; max-width: 832px; container-type: inline-size; }
.cp-chart figcaption { font-size: 15px; padding: 0 0 8px; color: var(--faded); }
.cp-chart .cp-plot { position: relative; height: 208px; margin: 0 16px 28px 48px;
  border: solid var(--axis); border-width: 0 0 1px 1px; }
.cp-chart .cp-plot svg { position: absolute; width: 100%; height: 100%; overflow: visible; }
.cp-chart path { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round;
  vector-effect: non-scaling-stroke; }
.cp-plot span { position: absolute; font-size: 12px; line-height: 1; color: var(--faded);
  white-space: nowrap; font-variant-numeric: tabular-nums; }
.cp-plot .cp-y { right: calc(100% + 6.4px); transform: translateY(50%); }
.cp-plot .cp-x { top: calc(100% + 8px); transform: translateX(-50%); }
.cp-legend { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 14px;
  padding-left: 48px; }
.cp-key::before { content: ""; display: inline-block; width: 20px; vertical-align: middle;
  margin-right: 6.4px; border-top: 3px solid currentColor; border-radius: 2px; }
.cp-chart path.cp-first { stroke: var(--first); } .cp-key.cp-first::before { color: var(--first); }
.cp-chart path.cp-second { stroke: var(--second); }
.cp-key.cp-second::before { color: var(--second); }
.cp-chart path.cp-third { stroke: var(--third); } .cp-key.cp-third::before { color: var(--third); }
.cp-chart path.cp-fourth { stroke: var(--fourth); }
.cp-key.cp-fourth::before { color: var(--fourth); }
.cp-chart path.cp-saved { stroke: var(--faded); stroke-width: 1; stroke-dasharray: 4 4; }
.cp-key.cp-saved::before { color: var(--faded); border-top: 1px dashed; }
@container (max-width: 544px) { .cp-legend { padding-left: 0; } }
"""

CSS = (
    """
:root { color-scheme: light dark; --page: #fbfaf8; --card: #fff; --ink: #1d1c1a; --quiet: #66625c;
  --line: #dedad3; --blue: #2a6fb0; --green: #1f7f4d; --amber: #a96a0c; --red: #b93a32;
  --violet: #7a4fa3; }
@media (prefers-color-scheme: dark) { :root { --page: #161514; --card: #201f1d; --ink: #eceae6;
  --quiet: #a39e96; --line: #3a3733; --blue: #6eb0ee; --green: #55c08a; --amber: #e5a649;
  --red: #f0847c; --violet: #bd97e6; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.55;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  overflow-wrap: anywhere; -webkit-text-size-adjust: 100%; }
main { max-width: 66rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.75rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
.quiet, figcaption, dd, th { color: var(--quiet); }
.verdict, .missing { border-left: 4px solid var(--blue); padding: .1rem 0 .1rem .9rem;
  margin: 1.25rem 0; max-width: 48rem; }
.verdict.finished { border-color: var(--green); }
.verdict.overfitting, .missing { border-color: var(--amber); }
.verdict.broken { border-color: var(--red); }
.missing ul { margin: 0; padding-left: 1.1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .45rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { font-weight: 500; font-size: .875rem; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td:not(:first-child), th { white-space: nowrap; }
td small { display: block; color: var(--quiet); font-size: .8125rem; }
td b { color: var(--green); }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .5rem 1rem; max-width: 48rem;
  margin: 1rem 0; }
dl.options { grid-template-columns: minmax(6rem, 15rem) 1fr; }
dt { font-weight: 600; }
dd { margin: 0; }
.pictures { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
  gap: .6rem; }
.pictures figure { margin: 0; }
.pictures img { display: block; width: 100%; height: auto; border-radius: 4px;
  background: var(--line); }
.sample { margin: 0; }
.sample img { display: block; max-width: 100%; height: auto; border-radius: 4px; }
figcaption { font-size: .8125rem; line-height: 1.35; padding-top: .3rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: .9rem; margin: .9rem 0; }
article p { font-size: .9375rem; margin: .6rem 0 0; max-width: none; }
.row { display: grid; grid-template-columns: 8rem 1fr; gap: 1rem; align-items: center;
  padding: .3rem 0; font-size: .9375rem; }
.scale { display: inline-block; width: 9rem; height: .7rem; border-radius: 3px; margin: 0 .4rem;
  vertical-align: middle; background: linear-gradient(90deg, """
    + ", ".join(SCALE)
    + """); }
"""
    + CHART_STYLE
    + """
code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line);
  font-size: .875rem; color: var(--quiet); }
@media (max-width: 40rem) {
  main { padding: 1.25rem 1rem 3rem; }
  .pictures.crop { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .row { grid-template-columns: 1fr; gap: .3rem; padding: .6rem 0; }
  dl, dl.options { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .75rem; }
  thead { display: none; }
  tr { display: grid; grid-template-columns: 1fr 1fr; padding: .6rem 0;
    border-bottom: 1px solid var(--line); }
  td { border: 0; padding: .15rem 0; text-align: left !important; }
  td:first-child, td.wide { grid-column: 1 / -1; }
  td[data-name]::before { content: attr(data-name) " "; color: var(--quiet); font-size: .875rem; }
}
@media print { article, figure, tr { break-inside: avoid; } }
"""
)
